"""Counts tries within a window of time."""

from __future__ import annotations

from typing import NamedTuple

import redis


class Tries(NamedTuple):
    """How many there were within the present window, and when it ends."""

    made: int
    ends_in_s: int


def count_tries(client: redis.Redis, name: str, *, window_s: int) -> Tries:
    """Count one more under a name. A window begins with its first try, and no later one makes it longer."""
    with client.pipeline(transaction=True) as pipe:
        pipe.set(name, 0, ex=window_s, nx=True)
        pipe.incr(name)
        pipe.ttl(name)
        _, count, ttl = pipe.execute()
    return Tries(int(count), max(1, int(ttl)))
