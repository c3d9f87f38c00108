"""Webhooks that match no call: kept for a person, and matched again if their call turns up soon after."""

from __future__ import annotations

from typing import Any

import redis

from orchestrator.errors import NotAnEvent
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script, run_scripts
from orchestrator.telnyx.events import parse_webhook

UNMATCHED_KEPT = 10_000
_WITHIN_S = 60
_AT_MOST = 1_000


def keep_unmatched(client: redis.Redis, keys: Keys, entry_id: str, *, why: str) -> None:
    """Move an unmatched webhook to the bounded list that a person can read (R6)."""
    args: list[Arg] = [UNMATCHED_KEPT, GROUP, entry_id, "why", why]
    run_script(client, ScriptCall("move_entry", [keys.unmatched_webhooks, keys.unmatched, keys.failures], args))


def retry_unmatched(client: redis.Redis, keys: Keys, call_control_id: str) -> int:
    """Put the webhooks of a leg of the last minute back into the events, in their order; return how many."""
    seconds, _ = client.time()
    newest: Any = client.xrevrange(keys.unmatched_webhooks, min=(seconds - _WITHIN_S) * 1000, count=_AT_MOST)
    found = [entry_id for entry_id, fields in reversed(newest) if _is_of_leg(fields[b"raw"], call_control_id)]
    names = [keys.events, keys.unmatched_webhooks, keys.failures]
    moves = [ScriptCall("move_entry", names, ["", GROUP, entry_id]) for entry_id in found]
    raise_errors(run_scripts(client, moves))
    return len(found)


def _is_of_leg(raw: bytes, call_control_id: str) -> bool:
    try:
        webhook = parse_webhook(raw)
    except NotAnEvent:
        return False
    # What names a call is unmatched for another reason: it would come back here for ever.
    return webhook.call_control_id == call_control_id and webhook.identity is None
