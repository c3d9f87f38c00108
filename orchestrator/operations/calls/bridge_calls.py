"""Bridges a call with another call of this installation, so that each is notified of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import redis

from orchestrator.model.event import COMMAND_FAILED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.bridged_calls import pair_calls, part_calls
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import find_call_of_leg, load_live
from orchestrator.telnyx.answers import Gone

BRIDGE = "bridge"
_OURS = "call_"


class NoSuchCall(Exception):
    """Raised when a bridge names a call of this installation that is not live."""


def find_other_call(client: redis.Redis, keys: Keys, command: Mapping[str, Any]) -> LiveCall | None:
    """Return the live call that a bridge names by its id or its leg; None when it names something else.

    Raises NoSuchCall for an id of a call that is over or unknown.
    """
    named = str(command.get("body", {}).get("call_control_id") or "")
    is_id = named.startswith(_OURS)
    call_id = named if is_id or not named else find_call_of_leg(client, keys, [named])
    loaded = load_live(client, keys, call_id) if call_id else None
    if loaded is None and not is_id:
        return None
    if loaded is None or loaded.call.phase == "ended" or loaded.call.call_control_id is None:
        raise NoSuchCall(f"{named} is no live call of ours")
    return loaded.call


def with_leg_of(other: LiveCall, command: Mapping[str, Any]) -> dict[str, Any]:
    """Return the command as the carrier understands it: it knows legs, and not the ids of calls here."""
    return {**command, "body": {**command["body"], "call_control_id": other.call_control_id}}


def bridge_paired(
    client: redis.Redis,
    keys: Keys,
    calls: tuple[str, str],
    *,
    letter: str,
    send: Callable[[], Event | None],
) -> Event | None:
    """Send the bridge of the first of two calls with the other, whose events carry the leg `letter`.

    They are paired first, for webhooks may overtake the carrier's answer; a bridge that it refuses pairs nobody.
    """
    call_id, other_id = calls
    before = pair_calls(client, keys, call_id, other_id, letter=letter)
    event = send()
    if event is not None and event.type == COMMAND_FAILED:
        part_calls(client, keys, call_id, other_id, before=None if before == letter else before)
    return event


def is_of_another_leg(command: Mapping[str, Any], gone: Gone) -> bool:
    """Whether that a leg is over may be said of the one that a bridge is with: ours lives on until it is said of ours.

    The carrier has the same codes for both (protocol facts §2); only a 404 is surely about the leg it was sent to.
    """
    return command["action"] == BRIDGE and gone.status != HTTPStatus.NOT_FOUND
