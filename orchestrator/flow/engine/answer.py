"""The answer, and who answered: where a call's flow begins."""

from __future__ import annotations

from datetime import datetime

from orchestrator.flow.engine.branching import way_on
from orchestrator.flow.engine.hangup import hang_up
from orchestrator.flow.engine.steps import enter
from orchestrator.flow.engine.transition import OWN, Turn
from orchestrator.flow.limits import STALL_S
from orchestrator.flow.vocabulary import GREETING
from orchestrator.telnyx.event_types import EventType

_STALL = "stall:0"  # before the first step is entered


def begin_inbound(turn: Turn) -> None:
    """Begin with a call that comes in and rings; without a step for it, answer and begin as with a person."""
    if _has_begun(turn) or turn.flow is None:
        return
    if turn.flow.start.inbound is not None:
        enter(turn, turn.flow.start.inbound)
    elif turn.call.phase == "answered":
        _begin(turn, "human")
    elif turn.can_command and all(one.action != "answer" for one in turn.call.outstanding):
        turn.send("answer", {}, index=OWN)
        turn.set_timer(_STALL, STALL_S)  # who is answered unheard of would hear nothing for hours


def hear_answer(turn: Turn) -> None:
    """Take in that the call was answered; without detection the flow begins, a caller's goes on."""
    _mark_answered(turn, turn.event.occurred_at)
    if turn.call.direction == "incoming":
        begin_inbound(turn)
        if turn.has_flow:
            enter(turn, way_on(turn, EventType.CALL_ANSWERED, turn.event.payload))
        return
    if _has_begun(turn) or turn.flow is None:
        return
    if turn.flow.start.entry is not None:
        enter(turn, turn.flow.start.entry)
    elif turn.call.amd_result is None and turn.flow.start.answered is not None:
        enter(turn, turn.flow.start.answered)
    elif turn.call.amd_result is not None:
        _begin(turn, turn.call.amd_result)
    elif turn.call.phase != "ended":
        turn.set_timer("start", turn.flow.start.timeout_s)


def hear_detection(turn: Turn) -> None:
    """Take in who answered; a result that comes after the start moves nothing (R16)."""
    result, before = turn.event.text("result") or "not_sure", turn.call.amd_result
    turn.call.amd_result = result
    _mark_answered(turn, turn.event.occurred_at)
    if not _has_begun(turn) or (before is None and _leads_elsewhere(turn, result)):
        _begin(turn, result)


def hear_greeting(turn: Turn, payload: dict[str, object]) -> None:
    """Take in that a machine's greeting is over; premium may say so without ever having said "machine"."""
    before = turn.call.amd_result
    turn.call.amd_result = before or "machine"
    _mark_answered(turn, turn.event.occurred_at)
    if not _has_begun(turn) or (before is None and _leads_elsewhere(turn, "machine")):
        _begin(turn, "machine")
    elif turn.has_flow:
        enter(turn, way_on(turn, GREETING, payload))


def start_without_result(turn: Turn) -> None:
    """Begin as not sure: silence is worse than a guess."""
    if _has_begun(turn) or turn.flow is None or turn.call.phase != "answered":
        return
    turn.note("no result of detection in time")
    enter(turn, turn.flow.start.timeout_goto or turn.flow.start.step_for("not_sure"))


def _begin(turn: Turn, result: str) -> None:
    if turn.flow is None or not turn.has_flow:
        return
    turn.clear_timer("start")
    if turn.call.direction == "incoming":
        turn.clear_timer(_STALL)
    step = turn.flow.start.entry or turn.flow.start.step_for(result)
    if step is None:
        hang_up(turn)
    else:
        enter(turn, step)


def _leads_elsewhere(turn: Turn, result: str) -> bool:
    """Whether a flow that began with the answer is to go on elsewhere; people are not interrupted."""
    if turn.flow is None or not turn.has_flow or turn.flow.start.answered is None:
        return False
    return turn.call.direction == "outgoing" and turn.flow.start.step_for(result) != turn.flow.start.answered


def _mark_answered(turn: Turn, at: datetime) -> None:
    call = turn.call
    if call.answered_at is None and call.outcome is None and turn.flow is not None and not call.adopted:
        call.outcome = turn.flow.outcome
    # Webhooks come in any order: the earliest word of a conversation is the closest to its beginning.
    call.answered_at = at if call.answered_at is None else min(call.answered_at, at)
    if call.phase != "ended":
        call.phase = "answered"


def _has_begun(turn: Turn) -> bool:
    return turn.call.visit > 0 or not turn.has_flow
