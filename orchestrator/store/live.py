"""Live call state in Redis: a version, a JSON state, the events seen, a timeline, an outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import redis

from orchestrator.model.decision import Decision
from orchestrator.model.live_call import LiveCall
from orchestrator.store.keys import GROUP, Keys
from orchestrator.store.scripts import ScriptCall, run_script

KEEP_AFTER_RECORD_S = 900
WAKE_AFTER_MS = 2_000
DONE, SEEN, STALE, MISSING = 1, 2, 0, -1


@dataclass(frozen=True)
class Loaded:
    """A live call as it was read: its version guards the commit; `seen` says the event was acted on before."""

    version: int
    call: LiveCall
    seen: bool = False


def create_live(client: redis.Redis, keys: Keys, call: LiveCall) -> bool:
    """Create the live state; False if there is one already."""
    return bool(run_script(client, ScriptCall("create_live", [keys.call(call.call_id)], [call.model_dump_json()])))


def load_many(client: redis.Redis, keys: Keys, wanted: Sequence[tuple[str, str]]) -> list[Loaded | None]:
    """Load each (call id, event id) in one round trip; None where there is no live state."""
    with client.pipeline(transaction=False) as pipe:
        for call_id, event_id in wanted:
            pipe.hmget(keys.call(call_id), ["v", "s", f"e:{event_id}"])
        return [_loaded(*row) for row in pipe.execute()]


def load_live(client: redis.Redis, keys: Keys, call_id: str) -> Loaded | None:
    """Load one live call, or None."""
    return load_many(client, keys, [(call_id, "")])[0]


def read_live(client: redis.Redis, keys: Keys, call_id: str) -> tuple[LiveCall | None, list[dict[str, Any]]]:
    """Return a live call and its timeline so far; (None, []) when Redis no longer holds it."""
    loaded = load_live(client, keys, call_id)
    return (loaded.call if loaded else None), read_log(client, keys, call_id)


def read_log(client: redis.Redis, keys: Keys, call_id: str) -> list[dict[str, Any]]:
    """Return the timeline in the order the call took notice: {id, kind, type, at, recorded_ms, payload}."""
    return [orjson.loads(line) for line in client.lrange(keys.log(call_id), 0, -1)]


def commit_call(
    keys: Keys, decision: Decision, *, version: int, event_id: str, entry_id: str, stamped_ms: int, log: bytes
) -> ScriptCall:
    """Return the script call that commits `decision`; its answer is DONE, SEEN, STALE or MISSING."""
    call = decision.call
    commands = [_outbox_line(decision, n, version, stamped_ms) for n in range(len(decision.commands))]
    timers: list[str] = []
    for name, due in decision.timers.items():
        timers += [name, "" if due is None else str(int(due.timestamp() * 1000))]
    return ScriptCall(
        "commit",
        [
            keys.call(call.call_id),
            keys.log(call.call_id),
            keys.outbox(call.call_id),
            keys.wakes,
            keys.timers,
            keys.events,
            keys.ended,
        ],
        [
            call.call_id,
            version,
            event_id,
            entry_id,
            GROUP,
            call.model_dump_json(),
            log,
            call.call_control_id or "",
            decision.drop,
            call.visit,
            int(decision.settle),
            stamped_ms + WAKE_AFTER_MS,
            len(commands),
            *commands,
            *timers,
        ],
    )


def forget_later(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> None:
    """Let recorded calls go after 15 minutes, in which late facts still find them (R17)."""
    with client.pipeline(transaction=False) as pipe:
        for call_id in call_ids:
            for key in (keys.call(call_id), keys.log(call_id), keys.outbox(call_id)):
                pipe.expire(key, KEEP_AFTER_RECORD_S)
        pipe.execute()


def discard_live(client: redis.Redis, keys: Keys, call_id: str) -> None:
    """Delete the live state of a call that was surely never dialed."""
    client.delete(keys.call(call_id), keys.log(call_id), keys.outbox(call_id))


def _outbox_line(decision: Decision, number: int, version: int, stamped_ms: int) -> bytes:
    command = decision.commands[number].model_dump(exclude_none=True)
    return orjson.dumps({**command, "batch": str(version), "caused_at": stamped_ms})


def _loaded(version: bytes | None, state: bytes | None, seen: bytes | None) -> Loaded | None:
    if version is None or state is None:
        return None
    return Loaded(int(version), LiveCall.model_validate_json(state), seen is not None)
