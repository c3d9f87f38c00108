"""Commands that have not ended yet, and which of them an event belongs to."""

from __future__ import annotations

from orchestrator.flow.actions import WaitFor
from orchestrator.flow.engine.transition import DURING, OWN, Transition
from orchestrator.flow.vocabulary import BESIDE_EVENTS, BRIDGED, ENDS_CALL, GATHER_ENDED, ending_of, is_ended_by
from orchestrator.ids import stable_uuid
from orchestrator.model.live_call import LiveCall, Outstanding
from orchestrator.telnyx.commands import COMMANDS
from orchestrator.telnyx.event_types import EventType

_CONNECTING = frozenset({"transfer", "bridge"})


def find_pending(call: LiveCall, command_id: str | None) -> Outstanding | None:
    """Return the pending command with that id, or None."""
    return next((one for one in call.outstanding if one.command_id == command_id), None)


def remove_pending(transition: Transition, command: Outstanding) -> None:
    """Stop tracking a command."""
    transition.call.outstanding = tuple(
        one for one in transition.call.outstanding if one.command_id != command.command_id
    )


def replace_pending(transition: Transition, changed: Outstanding) -> Outstanding:
    """Replace the pending command of the same id; return the new one."""
    same = changed.command_id
    transition.call.outstanding = tuple(
        changed if one.command_id == same else one for one in transition.call.outstanding
    )
    return changed


def running_command(call: LiveCall) -> Outstanding | None:
    """Return the current step's own command while it runs, or None."""
    own = [one for one in call.outstanding if one.visit == call.visit and one.action != "hangup"]
    if not own:
        return None
    beside = stable_uuid(call.call_id, call.visit, DURING)
    return next((one for one in own if one.command_id != beside), None)


def is_gathering(call: LiveCall) -> bool:
    """Whether the current step is collecting digits."""
    own = running_command(call)
    return own is not None and ending_of(own.action) == GATHER_ENDED


def attribute_event(transition: Transition, event: str) -> bool:
    """Attribute an event to the oldest command that can cause it (R16); return whether it concerns the current step.

    Webhooks carry no command_id: the order of sending is the only information there is.
    """
    if event == EventType.CALL_BRIDGED:
        return _attribute_bridge(transition)
    owner = next((one for one in transition.call.outstanding if _can_cause(one, event)), None)
    if owner is None:
        return _may_receive(transition, event)
    if is_ended_by(owner.action, event):
        _mark_proven(transition, owner)
        remove_pending(transition, owner)
    elif _is_start(event):
        _mark_proven(transition, owner)
        replace_pending(transition, owner.as_started())
    return owner.visit == transition.call.visit or _may_receive(transition, event)


def prune_unsent(transition: Transition, accepted: Outstanding) -> None:
    """Stop tracking older commands that were dropped unsent: commands are sent in order, and this one was sent."""
    kept = []
    is_older = True
    for one in transition.call.outstanding:
        is_older = is_older and one.command_id != accepted.command_id
        if not is_older or one.accepted or one.started or one.leg:
            kept.append(one)
    transition.call.outstanding = tuple(kept)


def is_over_once_accepted(action: str) -> bool:
    """Whether a command is complete once the carrier has accepted it."""
    return action not in {"transfer", "bridge", "hangup"} and ending_of(action) is None


def is_own_command(transition: Transition, command_id: str) -> bool:
    """Whether this is the command of the current step."""
    return command_id == transition.command_id(OWN)


def _mark_proven(transition: Transition, command: Outstanding) -> None:
    """Record that a command was carried out; an event that occurred before it was sent belongs to an older one."""
    if not command.accepted and command.since is not None and transition.event.occurred_at >= command.since:
        transition.proven.append(command.command_id)


def _can_cause(one: Outstanding, event: str) -> bool:
    if one.action not in COMMANDS or one.action == "transfer" or one.action in ENDS_CALL:
        return False
    if event not in COMMANDS[one.action].expects:
        return False
    # A second start belongs to the next command: only a gather starts more than one prompt.
    return not (one.started and _is_start(event) and not one.action.startswith("gather"))


def _is_start(event: str) -> bool:
    return event.endswith(".started") or event == EventType.CALL_ENQUEUED


def _attribute_bridge(transition: Transition) -> bool:
    """Attribute a bridging to the newest connecting command; one with a second leg stays pending until that ends."""
    connecting = [one for one in transition.call.outstanding if one.action in _CONNECTING]
    if not connecting:
        return _waits_for_bridge(transition)
    newest = connecting[-1]
    _mark_proven(transition, newest)
    if newest.action == "transfer" or newest.role is not None:
        replace_pending(transition, newest.as_joined())
    else:
        remove_pending(transition, newest)
    return newest.visit == transition.call.visit or _waits_for_bridge(transition)


def _waits_for_bridge(transition: Transition) -> bool:
    """Whether the step waits for a bridging, whoever caused it: in a queue, that is another call."""
    action = transition.step.action if transition.step else None
    return isinstance(action, WaitFor) and action.event == BRIDGED


def _may_receive(transition: Transition, event: str) -> bool:
    """Whether an event may advance the step although another command caused it.

    A stop receives the end of what it stopped, a transcription its texts; background events reach every other step.
    """
    own = transition.step
    action = getattr(own.action, "action", None) if own else None
    if action is None or event not in COMMANDS[str(action)].expects:
        return event in BESIDE_EVENTS
    return ending_of(str(action)) is None and str(action) not in ENDS_CALL
