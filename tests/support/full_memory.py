"""A Redis whose memory is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis


@contextmanager
def full_memory(client: redis.Redis, *, share: float = 2.0) -> Iterator[None]:
    """Let Redis hold `share` times what it may."""
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", int(used / share))
    try:
        yield
    finally:
        client.config_set("maxmemory", 0)
