"""Legs that a transfer created or a bridge named: whose they are, and what the flow hears of them."""

from __future__ import annotations

from orchestrator.flow.engine.branching import way_on
from orchestrator.flow.engine.facts import remember
from orchestrator.flow.engine.pending_commands import forget, replace
from orchestrator.flow.engine.requested_transfers import is_asked_transfer
from orchestrator.flow.engine.steps import enter
from orchestrator.flow.engine.transition import Turn, letter_of
from orchestrator.flow.vocabulary import TARGET, TARGET_ANSWERED, TARGET_BRIDGED, TARGET_HANGUP
from orchestrator.ids import stable_uuid
from orchestrator.model.live_call import NO_VISIT, Outstanding
from orchestrator.telnyx.event_types import EventType


def hear_target(turn: Turn, *, is_walking: bool) -> None:
    """Take in an event of another leg; only that of the newest transfer or bridge of the flow's own moves it."""
    leg = turn.event.call_control_id
    is_new = leg is not None and leg not in turn.call.target_legs
    transfer = _bridge_of(turn) or _transfer_of(turn, leg)
    if transfer is None:
        return
    if transfer.action == "transfer" and not transfer.accepted:
        turn.proven.append(transfer.command_id)  # its leg carries a letter that nothing else was given
    event = TARGET + turn.event.type
    if event in {TARGET_ANSWERED, TARGET_BRIDGED}:
        replace(turn, transfer.as_joined())
    elif event == TARGET_HANGUP:
        forget(turn, transfer)
    elif is_new and _was_left(turn, transfer):
        _hang_up(turn, transfer)
    if not is_walking or not _is_newest(turn, transfer) or is_asked_transfer(transfer):
        return
    remember(turn, event, turn.event.payload)
    if turn.has_flow:
        enter(turn, way_on(turn, event, turn.event.payload))


def give_letter_back(turn: Turn, command: Outstanding) -> None:
    """Let a leg that never came hide none of those before it."""
    if command.role is not None and _is_newest(turn, command):
        left = turn.call.transfers - 1
        turn.call.transfers, turn.call.newest_target = left, letter_of(left) if left else None


def _bridge_of(turn: Turn) -> Outstanding | None:
    """Return the bridge of another call of ours: its letter was given to it before anything was heard of it."""
    bridges = [one for one in turn.call.outstanding if one.action == "bridge"]
    return next((one for one in bridges if one.role == turn.event.leg), None)


def _transfer_of(turn: Turn, leg: str | None) -> Outstanding | None:
    """Return the transfer of a leg: the leg's letter names it."""
    transfers = [one for one in turn.call.outstanding if one.action == "transfer"]
    known = next((one for one in transfers if leg is not None and one.leg == leg), None)
    if known is not None:
        return known
    # All after the twenty-fourth share a letter: the oldest of them that has no leg is meant.
    named = [one for one in transfers if _letter(one) == turn.event.leg]
    found = next((one for one in named if one.leg is None), named[0] if named else None)
    if leg is None or leg in turn.call.target_legs:
        return found
    turn.call.target_legs = (*turn.call.target_legs, leg)
    return replace(turn, found.with_leg(leg)) if found is not None and found.leg is None else found


def _letter(transfer: Outstanding) -> str:
    """Return the letter of a transfer's leg; before there were others, every one was B."""
    return transfer.role or letter_of(1)


def _is_newest(turn: Turn, transfer: Outstanding) -> bool:
    return _letter(transfer) == (turn.call.newest_target or letter_of(max(1, turn.call.transfers)))


def _was_left(turn: Turn, transfer: Outstanding) -> bool:
    return transfer.action == "transfer" and transfer.visit not in {turn.call.visit, NO_VISIT} and not transfer.joined


def _hang_up(turn: Turn, transfer: Outstanding) -> None:
    """Hang up a leg whose transfer was given up before the leg was heard of: nobody waits for its answer."""
    if turn.can_command and transfer.leg is not None and turn.event.type == EventType.CALL_INITIATED:
        command_id = stable_uuid(turn.call.call_id, "left", transfer.leg)
        turn.hang_up_other(transfer.leg, command_id=command_id, role=_letter(transfer))
