"""Rewrites of the file in which the server logs its writes: until then, what was deleted still stands in it."""

from __future__ import annotations

import logging
from typing import Any, Final

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import write_though_full

log = logging.getLogger(__name__)

LEAST_GAP_S: Final = 300.0
"""Between two rewrites: each writes everything that the server holds."""


def owe_rewrite(client: redis.Redis, keys: Keys, *, after_s: float = 0.0) -> None:
    """Note that the file is to be written anew, `after_s` from now or later; the note outlives every process."""
    due_ms = _now_ms(client) + int(after_s * 1000)
    write_though_full(client, "ZADD", keys.rewrites, due_ms, due_ms)


def rewrite_when_owed(client: redis.Redis, keys: Keys, *, least_gap_s: float = LEAST_GAP_S) -> None:
    """Begin a rewrite that is owed unless one is under way, and strike out what a finished one has covered.

    To be called again and again: a rewrite that fails, or dies with its server, is begun anew.
    """
    if not client.zcard(keys.rewrites):
        return
    server: Any = client.info()
    if not server["aof_enabled"]:
        client.delete(keys.rewrites)  # there is no such file
        return
    if server["aof_rewrite_in_progress"] or server["aof_rewrite_scheduled"]:
        return
    began_ms, run = _begun(client, keys)
    if run == server["run_id"] and server["aof_last_bgrewrite_status"] == "ok":
        client.zremrangebyscore(keys.rewrites, "-inf", began_ms)
    now_ms = _now_ms(client)
    if client.zcount(keys.rewrites, "-inf", now_ms) and now_ms - began_ms >= least_gap_s * 1000:
        _begin(client, keys, now_ms, run=server["run_id"])


def _begin(client: redis.Redis, keys: Keys, now_ms: int, *, run: str) -> None:
    try:
        client.bgrewriteaof()
    except redis.ResponseError as err:
        if "in progress" not in str(err):
            log.warning("erased data stay in the server's file, which it does not write anew: %s", err)
        return
    # Noted behind it: a rewrite that nobody noted is begun again, one that never was is not taken for done.
    write_though_full(client, "SET", keys.rewriting, f"{now_ms} {run}")


def _begun(client: redis.Redis, keys: Keys) -> tuple[int, str]:
    noted: Any = client.get(keys.rewriting)
    began_ms, _, run = noted.decode().partition(" ") if noted else ("0", "", "")
    return int(began_ms), run


def _now_ms(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return seconds * 1000 + micros // 1000
