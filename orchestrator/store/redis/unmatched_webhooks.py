"""Events of the carrier that belong to no call of ours: kept for a person, and heard if their call turns up behind."""

from __future__ import annotations

from typing import Any

import redis

from orchestrator.errors import NotAnEvent
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script, run_scripts
from orchestrator.telnyx.events import parse_webhook

ORPHANS_KEPT = 10_000
_HEARD_WITHIN_S = 60
_LOOKED_THROUGH = 1_000


def orphan(client: redis.Redis, keys: Keys, entry_id: str, *, why: str) -> None:
    """Move a stray of the carrier's that belongs to no call of ours to where a person may look at it, bounded (R6)."""
    args: list[Arg] = [ORPHANS_KEPT, GROUP, entry_id, "why", why]
    run_script(client, ScriptCall("move_entry", [keys.orphans, keys.strays, keys.failures], args))


def hear_orphans(client: redis.Redis, keys: Keys, call_control_id: str) -> int:
    """Put what was told of a leg within the last minute back into the events, in its order; return how many."""
    seconds, _ = client.time()
    newest: Any = client.xrevrange(keys.orphans, min=(seconds - _HEARD_WITHIN_S) * 1000, count=_LOOKED_THROUGH)
    told = [entry_id for entry_id, fields in reversed(newest) if _is_of_leg(fields[b"raw"], call_control_id)]
    names = [keys.events, keys.orphans, keys.failures]
    moves = [ScriptCall("move_entry", names, ["", GROUP, entry_id]) for entry_id in told]
    raise_errors(run_scripts(client, moves))
    return len(told)


def _is_of_leg(raw: bytes, call_control_id: str) -> bool:
    try:
        webhook = parse_webhook(raw)
    except NotAnEvent:
        return False
    # What names a call of ours became an orphan for another reason: it would come back here for ever.
    return webhook.call_control_id == call_control_id and webhook.identity is None
