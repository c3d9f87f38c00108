"""Which calls hear of each other because one was bridged with the other; kept as long as a call may last."""

from __future__ import annotations

import redis

from orchestrator.model.event import Event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_LEG_S
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_scripts

BESIDE = "Z"
"""The letter of a call that was bridged with ours by a command of its own: none of our commands gave it one."""


def pair_calls(client: redis.Redis, keys: Keys, call_id: str, other_id: str, *, letter: str) -> str | None:
    """Let a call hear of another under `letter`, and the other of it; safe to repeat.

    Returns the letter under which it heard of the other before, None for the first time.
    """
    ours, theirs = keys.partners(other_id), keys.partners(call_id)
    [before] = round_trip(client, [("HGET", ours, call_id)])
    raise_errors([before])
    wanted: list[tuple[str, list[Arg]]] = [
        (ours, ["HSET", call_id, letter]),
        (theirs, ["HSETNX", other_id, BESIDE]),
        (ours, ["EXPIRE", KEEP_LEG_S]),
        (theirs, ["EXPIRE", KEEP_LEG_S]),
    ]
    raise_errors(run_scripts(client, [ScriptCall("write_though_full", [key], args) for key, args in wanted]))
    return None if before is None else str(before, "ascii")


def part_calls(client: redis.Redis, keys: Keys, call_id: str, other_id: str, *, before: str | None) -> None:
    """Take back what `pair_calls` did, because there was no bridge; `before` is what it returned."""
    ours, theirs = keys.partners(other_id), keys.partners(call_id)
    if before is not None:
        raise_errors(round_trip(client, [("HSET", ours, call_id, before)]))
        return
    [beside] = round_trip(client, [("HGET", theirs, other_id)])
    undone = [("HDEL", ours, call_id), ("HDEL", theirs, other_id if beside == BESIDE.encode() else "")]
    raise_errors([beside, *round_trip(client, undone)])


def notify_calls(keys: Keys, event: Event) -> ScriptCall:
    """Return the script call that puts what happened to a call into the stream, once for each call that hears of it."""
    return ScriptCall("tell_hearers", [keys.partners(event.call_id), keys.events], [event.model_dump_json()])
