"""Asks for a command on a live call; it goes the way of the flow's own commands, in order with them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.errors import Conflict, FieldError, InvalidInput
from orchestrator.ids import stable_uuid
from orchestrator.model.event import ACTION_REQUESTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.find_calls import find_call
from orchestrator.store.keys import Keys
from orchestrator.store.live import load_live
from orchestrator.store.streams import add_event
from orchestrator.telnyx.commands import COMMANDS, Command

if TYPE_CHECKING:
    from orchestrator.wiring import House

ACTIONS = MappingProxyType({name: command for name, command in COMMANDS.items() if name != "dial"})
_OURS = ("client_state", "command_id", "target_leg_client_state", "webhook_url", "webhook_url_method", "link_to")


def request_action(house: House, call_id: str, command: Command, *, request_id: str) -> str:
    """Put the command in the call's own stream and return its command id; the same `request_id` is the same command.

    Raises NotFound for no such call, InvalidInput for fields that are ours, Conflict for a call that is not live.
    """
    wrong = [FieldError(f"/{name}", "reserved_field", "this is ours to set") for name in _OURS if _sets(command, name)]
    if wrong:
        raise InvalidInput(wrong)
    _check_live(house, call_id)
    command_id = stable_uuid(call_id, request_id)
    payload = {"command_id": command_id, "action": command.action, "body": command.body()}
    now = house.clock()
    event = Event(id=f"request:{command_id}", type=ACTION_REQUESTED, occurred_at=now, call_id=call_id, payload=payload)
    add_event(house.redis, Keys(), event)
    return command_id


def _sets(command: Command, name: str) -> bool:
    return name in command.model_fields_set


def _check_live(house: House, call_id: str) -> None:
    loaded = load_live(house.redis, Keys(), call_id)
    if loaded and _takes_commands(loaded.call):
        return
    status = find_call(house, call_id).row.state  # raises NotFound for no such call
    detail = "The call takes no commands: it has not reached the carrier yet, or it has ended."
    raise Conflict("call_not_live", detail, status=status, allowed=("accepted",))


def _takes_commands(call: LiveCall) -> bool:
    return call.phase in ("ringing", "answered") and not call.closing and call.call_control_id is not None
