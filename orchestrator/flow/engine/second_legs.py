"""Handles the events of second legs: those that a transfer creates or a bridge names."""

from __future__ import annotations

from orchestrator.flow.engine.branching import next_step
from orchestrator.flow.engine.facts import remember_event
from orchestrator.flow.engine.pending_commands import remove_pending, replace_pending
from orchestrator.flow.engine.requested_transfers import is_requested_transfer
from orchestrator.flow.engine.steps import enter
from orchestrator.flow.engine.transition import Transition, leg_letter
from orchestrator.flow.vocabulary import TARGET, TARGET_ANSWERED, TARGET_BRIDGED, TARGET_HANGUP
from orchestrator.ids import stable_uuid
from orchestrator.model.live_call import NO_VISIT, Outstanding
from orchestrator.telnyx.event_types import EventType


def on_second_leg_event(transition: Transition, *, may_advance: bool) -> None:
    """Handle an event of a second leg; only that of the flow's newest transfer or bridge advances the flow."""
    leg = transition.event.call_control_id
    is_new = leg is not None and leg not in transition.call.target_legs
    transfer = _find_bridge(transition) or _find_transfer(transition, leg)
    if transfer is None:
        return
    if transfer.action == "transfer" and not transfer.accepted:
        transition.proven.append(transfer.command_id)  # the leg's letter was given to this transfer only
    event = TARGET + transition.event.type
    if event in {TARGET_ANSWERED, TARGET_BRIDGED}:
        replace_pending(transition, transfer.as_joined())
    elif event == TARGET_HANGUP:
        remove_pending(transition, transfer)
    elif is_new and _is_abandoned(transition, transfer):
        _hang_up(transition, transfer)
    if not may_advance or not _is_newest(transition, transfer) or is_requested_transfer(transfer):
        return
    remember_event(transition, event, transition.event.payload)
    if transition.has_flow:
        enter(transition, next_step(transition, event, transition.event.payload))


def release_leg_letter(transition: Transition, command: Outstanding) -> None:
    """Release the letter of a leg that never came, so that the one before it is the newest again."""
    if command.role is not None and _is_newest(transition, command):
        left = transition.call.transfers - 1
        transition.call.transfers, transition.call.newest_target = left, leg_letter(left) if left else None


def _find_bridge(transition: Transition) -> Outstanding | None:
    """Return the pending bridge with the event's letter, or None."""
    bridges = [one for one in transition.call.outstanding if one.action == "bridge"]
    return next((one for one in bridges if one.role == transition.event.leg), None)


def _find_transfer(transition: Transition, leg: str | None) -> Outstanding | None:
    """Return the pending transfer that created a leg, found by the leg's id or letter, or None."""
    transfers = [one for one in transition.call.outstanding if one.action == "transfer"]
    known = next((one for one in transfers if leg is not None and one.leg == leg), None)
    if known is not None:
        return known
    # All after the twenty-fourth share a letter: the oldest of them without a leg is meant.
    named = [one for one in transfers if _leg_letter(one) == transition.event.leg]
    found = next((one for one in named if one.leg is None), named[0] if named else None)
    if leg is None or leg in transition.call.target_legs:
        return found
    transition.call.target_legs = (*transition.call.target_legs, leg)
    return replace_pending(transition, found.with_leg(leg)) if found is not None and found.leg is None else found


def _leg_letter(transfer: Outstanding) -> str:
    """Return the letter of a transfer's leg; B for a transfer stored by a version that kept no letters."""
    return transfer.role or leg_letter(1)


def _is_newest(transition: Transition, transfer: Outstanding) -> bool:
    return _leg_letter(transfer) == (transition.call.newest_target or leg_letter(max(1, transition.call.transfers)))


def _is_abandoned(transition: Transition, transfer: Outstanding) -> bool:
    return (
        transfer.action == "transfer"
        and transfer.visit not in {transition.call.visit, NO_VISIT}
        and not transfer.joined
    )


def _hang_up(transition: Transition, transfer: Outstanding) -> None:
    """Hang up a new leg whose step was left before the leg's first event: nothing waits for its answer."""
    if transition.can_command and transfer.leg is not None and transition.event.type == EventType.CALL_INITIATED:
        command_id = stable_uuid(transition.call.call_id, "left", transfer.leg)
        transition.hang_up_other_leg(transfer.leg, command_id=command_id, role=_leg_letter(transfer))
