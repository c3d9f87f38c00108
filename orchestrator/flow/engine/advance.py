"""The engine's one answer: what is to be done, given this call and this event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from orchestrator.flow.definition import Flow
from orchestrator.flow.engine import answer, command_results, hangup, requested_commands
from orchestrator.flow.engine.background_audio import stop_during
from orchestrator.flow.engine.branching import follow, way_on
from orchestrator.flow.engine.event_owner import Owner, hang_up_double, learn_ids, owner_of
from orchestrator.flow.engine.facts import keep_facts, remember
from orchestrator.flow.engine.local_results import hear_http, hear_stream_play
from orchestrator.flow.engine.pending_commands import charge
from orchestrator.flow.engine.requested_transfers import TRANSFER_TIMER, follow_transfers, stop_waiting
from orchestrator.flow.engine.second_legs import hear_target
from orchestrator.flow.engine.steps import enter, stall
from orchestrator.flow.engine.suppressed_number import (
    UNWANTED_TIMER,
    hang_up_unwanted,
    hang_up_unwanted_again,
    hear_suppressed,
)
from orchestrator.flow.engine.transition import Turn
from orchestrator.flow.vocabulary import CALL_WIDE, event_name
from orchestrator.model import event as own
from orchestrator.model.decision import Decision
from orchestrator.model.event import Event
from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.event_types import DETECTION_ENDED, GREETING_ENDED, EventType


def advance(flow: Flow | None, call: LiveCall, event: Event, now: datetime) -> Decision:
    """Return what follows from `event`; pure and total: the same question has the same answer, in any order of events.

    `now` is the server's clock when the event was taken in. `flow` is None for a call without one.
    """
    turn = Turn(flow, call, event=_told(event), now=now)
    if event.type in _OUR_OWN and event.type != own.DIAL_ACCEPTED:
        _OUR_OWN[event.type](turn)
        return _rounded_off(turn)
    match owner_of(turn):
        case Owner.DOUBLE:
            hang_up_double(turn)
        case Owner.TARGET:
            keep_facts(turn)
            hear_target(turn, is_walking=_is_walking(turn))
        case Owner.THIS:
            learn_ids(turn)
            _hear(turn)
    return _rounded_off(turn)


def _rounded_off(turn: Turn) -> Decision:
    """Return the decision, with what follows from the state that the event led to, whatever it was."""
    command_results.take_proven(turn)
    follow_transfers(turn)
    hang_up_unwanted(turn)
    return turn.decision()


def _told(event: Event) -> Event:
    """Return the event with a time that can be compared, and the control id that a dial's answer carries inside."""
    known: dict[str, object] = {}
    if event.occurred_at.tzinfo is None:
        known["occurred_at"] = event.occurred_at.replace(tzinfo=UTC)
    if event.type == own.DIAL_ACCEPTED and event.call_control_id is None:
        known["call_control_id"] = event.text("call_control_id")
    return event.model_copy(update=known) if known else event


def _hear(turn: Turn) -> None:
    """Take in what happened on our own leg."""
    event = turn.event
    keep_facts(turn)
    if event.type == EventType.CALL_HANGUP:
        hangup.hear_hangup(turn)
    elif event.type in {EventType.CALL_INITIATED, own.DIAL_ACCEPTED}:
        _ring(turn)
    elif _is_walking(turn):
        _walk(turn)


def _walk(turn: Turn) -> None:
    event, payload = turn.event, turn.event.payload
    name = event_name(event.type)
    is_own = charge(turn, name)
    if is_own and turn.has_flow and turn.step is not None and turn.step.is_ended_by(name):
        stop_during(turn)
    remember(turn, name, payload)
    if event.type == EventType.CALL_ANSWERED:
        answer.hear_answer(turn)
    elif event.type in DETECTION_ENDED:
        answer.hear_detection(turn)
    elif event.type in GREETING_ENDED:
        answer.hear_greeting(turn, payload)
    elif turn.has_flow and (is_own or name in CALL_WIDE):
        enter(turn, way_on(turn, name, payload))


def _is_walking(turn: Turn) -> bool:
    """Whether the event may move the flow: after the end only what occurred before it (R12)."""
    ended_at = turn.call.ended_at
    return ended_at is None or turn.event.occurred_at <= ended_at


def _ring(turn: Turn) -> None:
    if turn.call.phase == "dialing":
        turn.call.phase = "ringing"
    if turn.call.direction == "incoming" and _is_walking(turn):
        answer.begin_inbound(turn)


def _time_out(turn: Turn) -> None:
    """Act on a timer that fell due, unless what it waited for has happened."""
    name, _, visit = (turn.event.text("name") or "").partition(":")
    if name == "settle":
        hangup.settle(turn)
    elif turn.call.phase == "ended":
        return
    elif name == "gone":
        hangup.assume_hangup(turn)
    elif name == TRANSFER_TIMER:
        stop_waiting(turn)
    elif name == "deadline":
        requested_commands.meet_deadline(turn)
    elif name == UNWANTED_TIMER:
        hang_up_unwanted_again(turn)
    elif name == "start":
        answer.start_without_result(turn)
    elif visit == str(turn.call.visit):
        _time_out_step(turn, name)


def _time_out_step(turn: Turn, name: str) -> None:
    step = turn.step
    if name == "stall" and turn.call.closing and turn.can_command:
        hangup.hang_up_again(turn)
    elif not turn.has_flow or not turn.can_command:
        return
    elif name == "step" and step is not None and step.timeout is not None:
        enter(turn, follow(turn, step.timeout.way))
    elif name == "stall":
        stall(turn)


_OUR_OWN: Final[Mapping[str, Callable[[Turn], None]]] = MappingProxyType(
    {
        own.TIMER_DUE: _time_out,
        own.COMMAND_ACCEPTED: command_results.hear_accepted,
        own.COMMAND_FAILED: command_results.hear_failed,
        own.COMMAND_UNKNOWN: command_results.hear_unknown,
        own.COMMAND_GONE: command_results.hear_gone,
        own.DIAL_ACCEPTED: _ring,
        own.DIAL_REJECTED: hangup.refuse_dial,
        own.ACTION_REQUESTED: requested_commands.hear_request,
        own.HTTP_SUCCEEDED: hear_http,
        own.HTTP_FAILED: hear_http,
        own.STREAM_PLAY_ENDED: hear_stream_play,
        own.HANGUP_ASSUMED: hangup.assume_hangup,
        own.NUMBER_SUPPRESSED: hear_suppressed,
    }
)
