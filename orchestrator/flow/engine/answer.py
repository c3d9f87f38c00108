"""Handles the answer and the result of detection: where a call's flow begins."""

from __future__ import annotations

from datetime import datetime

from orchestrator.flow.engine.branching import next_step
from orchestrator.flow.engine.hangup import hang_up
from orchestrator.flow.engine.notices import forget_notices
from orchestrator.flow.engine.opt_out import has_opted_out
from orchestrator.flow.engine.steps import enter
from orchestrator.flow.engine.transition import OWN, Transition
from orchestrator.flow.limits import STALL_S
from orchestrator.flow.vocabulary import GREETING
from orchestrator.telnyx.event_types import EventType

_STALL = "stall:0"  # before the first step is entered


def begin_inbound(transition: Transition) -> None:
    """Begin an inbound call that rings; without an `inbound` step it is answered and begins as with a person."""
    if _has_begun(transition) or transition.flow is None:
        return
    if transition.flow.start.inbound is not None:
        enter(transition, transition.flow.start.inbound)
    elif transition.call.phase == "answered":
        _begin(transition, "human")
    elif transition.can_command and all(one.action != "answer" for one in transition.call.outstanding):
        transition.send("answer", {}, index=OWN)
        transition.set_timer(_STALL, STALL_S)  # a call whose answer event is lost must not stay silent for hours


def on_answered(transition: Transition) -> None:
    """Handle the answer: without detection the flow begins; an inbound call's flow goes on."""
    _mark_answered(transition, transition.event.occurred_at)
    if transition.call.direction == "incoming":
        begin_inbound(transition)
        if transition.has_flow:
            enter(transition, next_step(transition, EventType.CALL_ANSWERED, transition.event.payload))
        return
    if _has_begun(transition) or transition.flow is None:
        return
    if transition.flow.start.entry is not None:
        enter(transition, transition.flow.start.entry)
    elif transition.call.amd_result is None and transition.flow.start.answered is not None:
        enter(transition, transition.flow.start.answered)
    elif transition.call.amd_result is not None:
        _begin(transition, transition.call.amd_result)
    elif transition.call.phase != "ended":
        transition.set_timer("start", transition.flow.start.timeout_s)


def on_detection_ended(transition: Transition) -> None:
    """Handle the result of detection; a result after the start changes no step (R16)."""
    result, before = transition.event.text_if_any("result") or "not_sure", transition.call.amd_result
    transition.call.amd_result = result
    _mark_answered(transition, transition.event.occurred_at)
    if not _has_begun(transition) or (before is None and _leads_elsewhere(transition, result)):
        _begin(transition, result)


def on_greeting_ended(transition: Transition, payload: dict[str, object]) -> None:
    """Handle the end of a machine's greeting; premium detection may send it without a result before it."""
    before = transition.call.amd_result
    transition.call.amd_result = before or "machine"
    _mark_answered(transition, transition.event.occurred_at)
    if not _has_begun(transition) or (before is None and _leads_elsewhere(transition, "machine")):
        _begin(transition, "machine")
    elif transition.has_flow:
        enter(transition, next_step(transition, GREETING, payload))


def start_without_result(transition: Transition) -> None:
    """Begin as `not_sure` when no result came in time: silence is worse than a guess."""
    if _has_begun(transition) or transition.flow is None or transition.call.phase != "answered":
        return
    transition.note("no result of detection in time")
    enter(transition, transition.flow.start.timeout_goto or transition.flow.start.step_for("not_sure"))


def _begin(transition: Transition, result: str) -> None:
    if transition.flow is None or not transition.has_flow:
        return
    transition.clear_timer("start")
    if transition.call.direction == "incoming":
        transition.clear_timer(_STALL)
    if transition.call.visit > 0:
        forget_notices(transition)
    step = transition.flow.start.entry or transition.flow.start.step_for(result)
    if step is None:
        hang_up(transition)
    else:
        enter(transition, step)


def _leads_elsewhere(transition: Transition, result: str) -> bool:
    """Whether a flow that began with the answer must now go to another step; people are not interrupted."""
    if transition.flow is None or not transition.has_flow or transition.flow.start.answered is None:
        return False
    if has_opted_out(transition):
        return False  # whoever pressed it was no machine
    return (
        transition.call.direction == "outgoing"
        and transition.flow.start.step_for(result) != transition.flow.start.answered
    )


def _mark_answered(transition: Transition, at: datetime) -> None:
    call = transition.call
    if call.answered_at is None and call.outcome is None and transition.flow is not None and not call.adopted:
        call.outcome = transition.flow.outcome
    call.answer_noted_at = call.answer_noted_at or (transition.now if call.answered_at is None else None)
    # Webhooks come in any order: the earliest one that implies an answer is the closest to it.
    call.answered_at = at if call.answered_at is None else min(call.answered_at, at)
    if call.phase != "ended":
        call.phase = "answered"


def _has_begun(transition: Transition) -> bool:
    return transition.call.visit > 0 or not transition.has_flow
