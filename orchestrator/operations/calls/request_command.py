"""Requests a command on a live call; it is sent in order with the commands of the flow."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import redis
from sqlalchemy import Engine

from orchestrator.errors import Conflict, FieldError, InvalidInput, NewerLiveState
from orchestrator.flow.templating.ssml import ssml_fault
from orchestrator.flow.vocabulary import SPOKEN_FIELDS
from orchestrator.ids import stable_uuid
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.event import ACTION_REQUESTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.calls.check_target import why_target_refused
from orchestrator.operations.calls.find_calls import find_call
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Loaded, load_live
from orchestrator.telnyx.commands import COMMANDS, Command

ACTIONS = MappingProxyType({name: command for name, command in COMMANDS.items() if name != "dial"})
_OURS = ("command_id", "target_leg_client_state", "link_to")
_FOR_CALLERS = ("answer", "reject")


def request_command(
    call_id: str,
    command: Command,
    *,
    request_id: str,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    now: datetime,
) -> str:
    """Put the command in the call's own stream and return its command id; the same `request_id` is the same command.

    A `client_state` (base64, as at the carrier) is the user's own and travels beside ours. A bridge may name another
    call by our id. Raises NotFound for no such call, InvalidInput for fields that are ours or cannot be used, Conflict
    for a call that is not live, whose direction the action is not for, that is not answered yet, that was
    adopted after Redis was lost, or that a newer version of this program has advanced, and for a target that must not
    be called (`suppressed`, `consent_revoked`).
    """
    body = command.body()
    if wrong := list(_problems(command, body)):
        raise InvalidInput(wrong)
    live = _live_call(client, keys, call_id)
    if live is None:
        status = find_call(call_id, sql=sql, client=client, keys=keys).row.state  # raises NotFound for no such call
        detail = "The call takes no commands: it has not reached the carrier yet, or it has ended."
        raise Conflict("call_not_live", detail, status=status, allowed=(AttemptState.ACCEPTED,))
    _check_may(live, command.action)
    _check_target(sql, live, {"action": command.action, "body": body})
    if command.action == "bridge":
        body = _with_other_leg(client, keys, body)
    command_id = stable_uuid(call_id, request_id)
    payload: dict[str, Any] = {"command_id": command_id, "action": command.action, "body": body}
    if (state := body.pop("client_state", None)) is not None:
        payload["state"] = base64.b64decode(state).decode()
    event = Event(id=f"request:{command_id}", type=ACTION_REQUESTED, occurred_at=now, call_id=call_id, payload=payload)
    add_event(client, keys, event)
    return command_id


def reserved_fields(command: type[Command]) -> frozenset[str]:
    """Return the fields of a command that nobody but we may set."""
    return frozenset(name for name in command.model_fields if name in _OURS or name.startswith("webhook_"))


def _problems(command: Command, body: dict[str, Any]) -> Iterator[FieldError]:
    for name in command.model_fields_set & reserved_fields(type(command)):
        yield FieldError(f"/{name}", "reserved_field", "this is ours to set")
    try:
        base64.b64decode(body.get("client_state", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        yield FieldError("/client_state", "not_text", "must be base64 of a text in UTF-8")
    if body.get("payload_type") == "ssml":
        for name in sorted(SPOKEN_FIELDS & body.keys()):
            if (fault := ssml_fault(body[name])) is not None:
                yield FieldError(f"/{name}", "not_ssml", f"is not SSML: {fault}")


def _live_call(client: redis.Redis, keys: Keys, call_id: str) -> LiveCall | None:
    """Return the call while it takes commands."""
    loaded = _load(client, keys, call_id)
    return loaded.call if loaded and _takes_commands(loaded.call) else None


def _load(client: redis.Redis, keys: Keys, call_id: str) -> Loaded | None:
    try:
        return load_live(client, keys, call_id)
    except NewerLiveState as err:
        detail = "A newer version of this program has advanced the call: ask an API of that version."
        raise Conflict("newer_version", detail) from err


def _takes_commands(call: LiveCall) -> bool:
    return call.phase in ("ringing", "answered") and not call.closing and call.call_control_id is not None


def _check_may(call: LiveCall, action: str) -> None:
    if call.adopted and action != "hangup":
        detail = "Redis was lost while the call lived: nobody knows where it stands, so it takes nothing but a hangup."
        raise Conflict("call_adopted", detail)
    if action == "transfer" and call.phase != "answered":
        raise Conflict("not_answered", "The call is not answered yet: there is nobody to transfer.")
    if action not in _FOR_CALLERS:
        return
    if call.direction != "incoming":
        raise Conflict("not_incoming", f"Only a call that came in takes {action}; this one was dialed.")
    if call.phase == "answered":
        raise Conflict("already_answered", f"The call is answered: it takes no {action} any more.")


def _check_target(sql: Engine, live: LiveCall, command: Mapping[str, Any]) -> None:
    """Refuse at once what the sender would not send: it asks once more."""
    if why := why_target_refused(command, campaign_id=live.campaign_id, sql=sql):
        raise Conflict(why.value, why.sentence)


def _with_other_leg(client: redis.Redis, keys: Keys, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with the other leg's control id where it names one of our calls."""
    other = body.get("call_control_id")
    if not isinstance(other, str) or not other.startswith("call_"):
        return body
    live = _live_call(client, keys, other)
    if live is None:
        detail = f"{other} is no live call of ours"
        raise InvalidInput([FieldError("/call_control_id", "call_not_live", detail)])
    return {**body, "call_control_id": live.call_control_id}
