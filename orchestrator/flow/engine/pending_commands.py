"""Commands whose ending has not been seen, and to which of them an ending belongs when one is heard."""

from __future__ import annotations

from orchestrator.flow.actions import WaitFor
from orchestrator.flow.engine.transition import DURING, OWN, Turn
from orchestrator.flow.vocabulary import BESIDE_EVENTS, BRIDGED, ENDS_CALL, GATHER_ENDED, ending_of, is_ended_by
from orchestrator.ids import stable_uuid
from orchestrator.model.live_call import LiveCall, Outstanding
from orchestrator.telnyx.commands import COMMANDS
from orchestrator.telnyx.event_types import EventType

_CONNECTING = frozenset({"transfer", "bridge"})


def find(call: LiveCall, command_id: str | None) -> Outstanding | None:
    """Return the outstanding command with that id."""
    return next((one for one in call.outstanding if one.command_id == command_id), None)


def forget(turn: Turn, command: Outstanding) -> None:
    """Expect nothing more of a command."""
    turn.call.outstanding = tuple(one for one in turn.call.outstanding if one.command_id != command.command_id)


def replace(turn: Turn, changed: Outstanding) -> Outstanding:
    """Put a changed command in the place of the one with its id; return it."""
    same = changed.command_id
    turn.call.outstanding = tuple(changed if one.command_id == same else one for one in turn.call.outstanding)
    return changed


def running(call: LiveCall) -> Outstanding | None:
    """Return the current step's own command while it runs and could be stopped."""
    own = [one for one in call.outstanding if one.visit == call.visit and one.action != "hangup"]
    if not own:
        return None
    beside = stable_uuid(call.call_id, call.visit, DURING)
    return next((one for one in own if one.command_id != beside), None)


def runs_gather(call: LiveCall) -> bool:
    """Whether the current step is collecting digits."""
    own = running(call)
    return own is not None and ending_of(own.action) == GATHER_ENDED


def charge(turn: Turn, event: str) -> bool:
    """Charge an event to the oldest command of its kind (R16); return whether it concerns the current step.

    Webhooks carry no command_id, so the order of sending is all there is to go by.
    """
    if event == EventType.CALL_BRIDGED:
        return _join(turn)
    owner = next((one for one in turn.call.outstanding if _can_cause(one, event)), None)
    if owner is None:
        return _may_hear(turn, event)
    if is_ended_by(owner.action, event):
        _prove(turn, owner)
        forget(turn, owner)
    elif _begins(event):
        _prove(turn, owner)
        replace(turn, owner.as_started())
    return owner.visit == turn.call.visit or _may_hear(turn, event)


def prune_unsent(turn: Turn, accepted: Outstanding) -> None:
    """Forget older commands that were dropped unsent: commands go out in order, and this one is out."""
    kept = []
    is_older = True
    for one in turn.call.outstanding:
        is_older = is_older and one.command_id != accepted.command_id
        if not is_older or one.accepted or one.started or one.leg:
            kept.append(one)
    turn.call.outstanding = tuple(kept)


def is_over_once_accepted(action: str) -> bool:
    """Whether nothing more comes of a command than its acceptance."""
    return action not in {"transfer", "bridge", "hangup"} and ending_of(action) is None


def is_own_command(turn: Turn, command_id: str) -> bool:
    """Whether this is the command of the step the call stands at."""
    return command_id == turn.command_id(OWN)


def _prove(turn: Turn, command: Outstanding) -> None:
    """Take a command as carried out, unless what is told occurred before it: then it is the work of one before."""
    if not command.accepted and command.since is not None and turn.event.occurred_at >= command.since:
        turn.proven.append(command.command_id)


def _can_cause(one: Outstanding, event: str) -> bool:
    if one.action not in COMMANDS or one.action == "transfer" or one.action in ENDS_CALL:
        return False
    if event not in COMMANDS[one.action].expects:
        return False
    # A second start is the next command's: what has begun does not begin again, but for a gather's prompts.
    return not (one.started and _begins(event) and not one.action.startswith("gather"))


def _begins(event: str) -> bool:
    return event.endswith(".started") or event == EventType.CALL_ENQUEUED


def _join(turn: Turn) -> bool:
    """Charge a bridging to the newest command that connects; one with another leg stays, for that is heard of on."""
    connecting = [one for one in turn.call.outstanding if one.action in _CONNECTING]
    if not connecting:
        return _waits_to_talk(turn)
    newest = connecting[-1]
    _prove(turn, newest)
    if newest.action == "transfer" or newest.role is not None:
        replace(turn, newest.as_joined())
    else:
        forget(turn, newest)
    return newest.visit == turn.call.visit or _waits_to_talk(turn)


def _waits_to_talk(turn: Turn) -> bool:
    """Whether the step waits for just that, whoever brought it about: in a queue, it is somebody else."""
    action = turn.step.action if turn.step else None
    return isinstance(action, WaitFor) and action.event == BRIDGED


def _may_hear(turn: Turn, event: str) -> bool:
    """Whether an event may move the step although another command caused it.

    A stop hears of what it stopped, a transcription of what is said; what runs beside is heard in every other step.
    """
    own = turn.step
    action = getattr(own.action, "action", None) if own else None
    if action is None or event not in COMMANDS[str(action)].expects:
        return event in BESIDE_EVENTS
    return ending_of(str(action)) is None and str(action) not in ENDS_CALL
