"""Calls whose command is to be sent again after a pause: woken in time, whatever stands in the queue of commands.

So are those whose sender has died, when its lease lapses.
"""

from __future__ import annotations

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import WAKE_AFTER_MS
from orchestrator.store.redis.scripts import ScriptCall, run_script

_AT_ONCE = 500


def put_off(client: redis.Redis, keys: Keys, call_id: str, *, token: str, pause_ms: int) -> None:
    """Give the lease of a call back and put it off, if the lease is `token`'s."""
    names = [keys.lease(call_id), keys.wakes, keys.put_off]
    run_script(client, ScriptCall("defer_commands", names, [token, call_id, pause_ms, WAKE_AFTER_MS]))


def take_put_off(keys: Keys) -> ScriptCall:
    """Return the script call that answers the calls whose pause is over, each to one caller, who wakes them.

    One that is lost is found in `wakes`.
    """
    return ScriptCall("take_put_off", [keys.put_off], [_AT_ONCE])
