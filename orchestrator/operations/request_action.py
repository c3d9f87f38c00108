"""Asks for a command on a live call; it goes the way of the flow's own commands, in order with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.ids import stable_uuid
from orchestrator.model.event import ACTION_REQUESTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.find_calls import find_call
from orchestrator.policy.checked import field_errors
from orchestrator.store.keys import Keys
from orchestrator.store.live import load_live
from orchestrator.store.streams import add_event
from orchestrator.telnyx.commands import COMMANDS

if TYPE_CHECKING:
    from orchestrator.wiring import House

ACTIONS = tuple(sorted(COMMANDS.keys() - {"dial"}))
OURS = ("client_state", "command_id", "target_leg_client_state", "webhook_url", "webhook_url_method", "link_to")


def request_action(house: House, call_id: str, action: str, body: Mapping[str, Any], *, request_id: str) -> str:
    """Put the command in the call's own stream and return its command id; the same `request_id` is the same command.

    Raises NotFound for a call or action there is not, InvalidInput for fields the carrier would refuse, Conflict for a
    call that is not live.
    """
    _check_body(action, body)
    _check_live(house, call_id)
    command_id = stable_uuid(call_id, request_id)
    payload = {"command_id": command_id, "action": action, "body": dict(body)}
    now = house.clock()
    event = Event(id=command_id, type=ACTION_REQUESTED, occurred_at=now, call_id=call_id, payload=payload)
    add_event(house.redis, Keys(), event)
    return command_id


def _check_body(action: str, body: Mapping[str, Any]) -> None:
    if action not in ACTIONS:
        raise NotFound("action", f"{action[:80]!r}; there are {', '.join(ACTIONS)}")
    wrong = [FieldError(f"/{name}", "reserved_field", "this field is set by us") for name in OURS if name in body]
    try:
        COMMANDS[action].model_validate(dict(body))
    except ValidationError as err:
        wrong += field_errors(err)
    if wrong:
        raise InvalidInput(wrong)


def _check_live(house: House, call_id: str) -> None:
    loaded = load_live(house.redis, Keys(), call_id)
    if loaded and _takes_commands(loaded.call):
        return
    status = find_call(house, call_id).row.state  # raises NotFound for no such call
    detail = "The call takes no commands: it has not reached the carrier yet, or it has ended."
    raise Conflict("call_not_live", detail, status=status, allowed=("accepted",))


def _takes_commands(call: LiveCall) -> bool:
    return call.phase in ("ringing", "answered") and not call.closing and call.call_control_id is not None
