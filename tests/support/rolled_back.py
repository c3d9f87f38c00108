"""Takes Valkey back to what it held earlier, as a failover to a replica that was behind does."""

from __future__ import annotations

import redis

Snapshot = dict[bytes, tuple[int, bytes]]


def snapshot(client: redis.Redis) -> Snapshot:
    """Return everything that Valkey holds now: by key, what remains of its life in ms (0: no end) and its value."""
    return {key: (max(0, client.pttl(key)), client.dump(key)) for key in client.scan_iter()}


def roll_back(client: redis.Redis, earlier: Snapshot) -> None:
    """Let Valkey hold what it held when the snapshot was taken, and nothing of what was written since."""
    client.flushall()
    for key, (ttl_ms, value) in earlier.items():
        client.restore(key, ttl_ms, value)
