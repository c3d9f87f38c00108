"""Applies one event to one call: the entry point of the pure engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from orchestrator.flow.definition import Flow
from orchestrator.flow.engine import answer, command_results, hangup, requested_commands
from orchestrator.flow.engine.background_audio import stop_background_audio
from orchestrator.flow.engine.branching import next_step, take_branch
from orchestrator.flow.engine.event_owner import Owner, hang_up_duplicate, owner_of, store_leg_ids
from orchestrator.flow.engine.facts import keep_facts, remember_event
from orchestrator.flow.engine.first_sound import note_sound
from orchestrator.flow.engine.local_results import on_http_result, on_stream_play_ended
from orchestrator.flow.engine.notices import forget_notices, notices_alone
from orchestrator.flow.engine.opt_out import way_out
from orchestrator.flow.engine.pending_commands import attribute_event, find_pending
from orchestrator.flow.engine.requested_transfers import TRANSFER_TIMER, apply_transfer_results, on_transfer_timer
from orchestrator.flow.engine.second_legs import on_second_leg_event
from orchestrator.flow.engine.steps import end_stalled_call, enter, go_on_after_notices
from orchestrator.flow.engine.suppressed_number import (
    SUPPRESSED_TIMER,
    hang_up_suppressed,
    hang_up_suppressed_again,
    on_number_suppressed,
)
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.vocabulary import CALL_WIDE, CANCELLED_AMD, event_name
from orchestrator.model import event as own
from orchestrator.model.decision import Decision
from orchestrator.model.event import Event
from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.event_types import DETECTION_ENDED, GREETING_ENDED, EventType


def advance(flow: Flow | None, call: LiveCall, event: Event, now: datetime) -> Decision:
    """Return the decision that follows from `event`: pure and total, whatever the order of events.

    `now` is the server's time at which the event was received; `flow` is None for a call without one.
    """
    transition = Transition(flow, call, event=_normalized(event), now=now)
    if event.type in _HANDLERS and event.type != own.DIAL_ACCEPTED:
        _HANDLERS[event.type](transition)
        return _finish(transition)
    match owner_of(transition):
        case Owner.DUPLICATE:
            hang_up_duplicate(transition)
        case Owner.SECOND_LEG:
            keep_facts(transition)
            on_second_leg_event(transition, may_advance=_may_advance(transition))
        case Owner.OWN_LEG:
            store_leg_ids(transition)
            _on_own_leg_event(transition)
    return _finish(transition)


def _finish(transition: Transition) -> Decision:
    """Apply the rules that depend on the new state only, and return the decision."""
    command_results.accept_proven_commands(transition)
    apply_transfer_results(transition)
    hang_up_suppressed(transition)
    return transition.decision()


def _normalized(event: Event) -> Event:
    """Return the event with an aware time, and with the call control id that a dial response carries in its payload."""
    known: dict[str, object] = {}
    if event.occurred_at.tzinfo is None:
        known["occurred_at"] = event.occurred_at.replace(tzinfo=UTC)
    if event.type == own.DIAL_ACCEPTED and event.call_control_id is None:
        known["call_control_id"] = event.text("call_control_id")
    return event.model_copy(update=known) if known else event


def _on_own_leg_event(transition: Transition) -> None:
    """Handle an event of the call's own leg."""
    event = transition.event
    keep_facts(transition)
    note_sound(transition)
    if event.type == EventType.CALL_HANGUP:
        hangup.on_hangup(transition)
    elif event.type in {EventType.CALL_INITIATED, own.DIAL_ACCEPTED}:
        _on_ringing(transition)
    elif _may_advance(transition):
        _advance_flow(transition)


def _advance_flow(transition: Transition) -> None:
    event, payload = transition.event, transition.event.payload
    name = event_name(event.type)
    spoken = find_pending(transition.call, notices_alone(transition)) if transition.call.notices else None
    is_own = attribute_event(transition, name)
    if spoken is not None and find_pending(transition.call, spoken.command_id) is None:
        go_on_after_notices(transition, payload)
        return
    if payload.get("status") == CANCELLED_AMD:
        forget_notices(transition)
    if is_own and transition.has_flow and transition.step is not None and transition.step.is_ended_by(name):
        stop_background_audio(transition)
    remember_event(transition, name, payload)
    if event.type == EventType.CALL_ANSWERED:
        answer.on_answered(transition)
    elif event.type in DETECTION_ENDED:
        answer.on_detection_ended(transition)
    elif event.type in GREETING_ENDED:
        answer.on_greeting_ended(transition, payload)
    elif transition.has_flow and (is_own or name in CALL_WIDE):
        enter(transition, way_out(transition, name, payload) or next_step(transition, name, payload))


def _may_advance(transition: Transition) -> bool:
    """Whether the event may advance the flow: after the hangup, only what occurred before it (R12)."""
    ended_at = transition.call.ended_at
    return ended_at is None or transition.event.occurred_at <= ended_at


def _on_ringing(transition: Transition) -> None:
    if transition.call.phase == "dialing":
        transition.call.phase = "ringing"
    if transition.call.direction == "incoming" and _may_advance(transition):
        answer.begin_inbound(transition)


def _on_timer(transition: Transition) -> None:
    """Act on a due timer, unless what it waited for has happened."""
    name, _, visit = (transition.event.text("name") or "").partition(":")
    if name == "settle":
        hangup.request_record(transition)
    elif transition.call.phase == "ended":
        return
    elif name == "gone":
        hangup.assume_hangup(transition)
    elif name == TRANSFER_TIMER:
        on_transfer_timer(transition)
    elif name == "deadline":
        requested_commands.on_deadline(transition)
    elif name == SUPPRESSED_TIMER:
        hang_up_suppressed_again(transition)
    elif name == "start":
        answer.start_without_result(transition)
    elif visit == str(transition.call.visit):
        _on_step_timer(transition, name)


def _on_step_timer(transition: Transition, name: str) -> None:
    step = transition.step
    if name == "stall" and transition.call.closing and transition.can_command:
        hangup.hang_up_again(transition)
    elif not transition.has_flow or not transition.can_command:
        return
    elif name == "step" and step is not None and step.timeout is not None:
        enter(transition, take_branch(transition, step.timeout.branch))
    elif name == "stall":
        end_stalled_call(transition)


_HANDLERS: Final[Mapping[str, Callable[[Transition], None]]] = MappingProxyType(
    {
        own.TIMER_DUE: _on_timer,
        own.COMMAND_ACCEPTED: command_results.on_command_accepted,
        own.COMMAND_FAILED: command_results.on_command_failed,
        own.COMMAND_UNKNOWN: command_results.on_command_unknown,
        own.COMMAND_GONE: command_results.on_command_gone,
        own.DIAL_ACCEPTED: _on_ringing,
        own.DIAL_REJECTED: hangup.on_dial_rejected,
        own.ACTION_REQUESTED: requested_commands.on_action_requested,
        own.HTTP_SUCCEEDED: on_http_result,
        own.HTTP_FAILED: on_http_result,
        own.STREAM_PLAY_ENDED: on_stream_play_ended,
        own.HANGUP_ASSUMED: hangup.assume_hangup,
        own.NUMBER_SUPPRESSED: on_number_suppressed,
    }
)
