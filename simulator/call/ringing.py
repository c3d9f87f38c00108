"""The life of a leg: it rings, is answered or fails, and ends at its time limit."""

from __future__ import annotations

from functools import partial

from simulator.call.amd import detect_machine
from simulator.call.bridging import bridge_legs
from simulator.call.callee_behavior import hang_up_far_end, start_behavior
from simulator.call.deepfake import detect_deepfake
from simulator.call.hangup import (
    BUSY,
    FAILED,
    NO_ANSWER,
    NO_FIRST_COMMAND,
    NOT_FOUND,
    REJECTED,
    TIME_LIMIT,
    TIMEOUT,
    HangupReason,
    end_leg,
)
from simulator.call.playback import playback
from simulator.call.recording import start_recording
from simulator.call.transcription import start_transcription
from simulator.callees.callee import Kind
from simulator.clock import iso
from simulator.media.start import begin_stream
from simulator.state.leg import Leg, LegState
from simulator.webhook_events import emit
from simulator.world import World

_REASONS: dict[Kind, HangupReason] = {
    Kind.BUSY: BUSY,
    Kind.REJECTED: REJECTED,
    Kind.NOT_FOUND: NOT_FOUND,
    Kind.FAILED: FAILED,
}


def ring(world: World, leg: Leg) -> None:
    """Start ringing; the leg's first webhook may arrive before the response to the command."""
    _begin(world, leg, state="bridging")
    leg.timers.set("ring", *_outcome(world, leg))


def ring_incoming(world: World, leg: Leg) -> None:
    """Start an incoming call: the leg is parked until it is answered or rejected, or the caller gives up."""
    _begin(world, leg, state="parked")
    leg.timers.set("ring", leg.options.timeout_s, partial(hang_up_far_end, world, leg))
    max_s = world.settings.first_command_timeout
    if max_s:
        leg.timers.set("first command", max_s, partial(end_leg, world, leg, NO_FIRST_COMMAND))


def _begin(world: World, leg: Leg, *, state: str) -> None:
    world.legs.add(leg)
    world.most_live = max(world.most_live, world.legs.live_count)
    world.counters.add("legs", leg.persona.kind)
    emit(world, leg, "call.initiated", direction=leg.direction, state=state, start_time=iso(leg.accepted_at))


def _outcome(world: World, leg: Leg) -> tuple[float, partial[None]]:
    callee, timeout_s = leg.persona, leg.options.timeout_s
    forced = world.faults.of(leg.to).ends
    if forced is not None:
        end = HangupReason(forced.cause, forced.source, forced.sip, forced.code)
        return min(callee.rings_s, timeout_s), partial(end_leg, world, leg, end)
    if callee.kind is Kind.NO_ANSWER or callee.rings_s >= timeout_s:
        end = TIMEOUT if leg.options.retry_on_timeout else NO_ANSWER
        return timeout_s, partial(end_leg, world, leg, end)
    if callee.answers:
        return callee.rings_s, partial(answer, world, leg)
    return callee.rings_s, partial(end_leg, world, leg, _REASONS[callee.kind])


def answer(world: World, leg: Leg) -> None:
    """Answer the leg: start its time limit and what was requested with the call, or bridge it."""
    leg.timers.cancel("ring")
    leg.state, leg.answered_at = LegState.ANSWERED, world.clock.now()
    world.counters.add("answered")
    leg.timers.set("limit", leg.options.time_limit_s, partial(end_leg, world, leg, TIME_LIMIT))
    emit(world, leg, "call.answered", state="answered", start_time=iso(leg.accepted_at))
    _start_requested_activities(world, leg)
    partner = _partner(leg)
    if partner is not None:
        bridge_legs(world, partner, leg)
        return
    start_behavior(world, leg)
    if leg.options.audio is not None:
        leg.player.queue(playback(leg.options.audio))


def _start_requested_activities(world: World, leg: Leg) -> None:
    """Start what was requested with the call: recording, detection, digits, stream, transcription."""
    _begin_recording(world, leg)
    detect_machine(world, leg)
    detect_deepfake(world, leg)
    leg.sent_digits += leg.options.digits
    if leg.options.stream is not None:
        begin_stream(world, leg, leg.options.stream)
    if leg.options.transcribe is not None:
        tracks, interim = leg.options.transcribe
        start_transcription(world, leg, tracks=tracks, interim=interim)


def _partner(leg: Leg) -> Leg | None:
    """Return the leg to bridge this one with, now that it is answered; None for none."""
    origin, joins, leg.joins_on_answer = leg.transferred_from, leg.joins_on_answer, None
    if origin is not None and origin.is_answered:
        origin.transfer_target = None
        return origin
    return joins if joins is not None and joins.is_answered else None


def hangup_reason_of(kind: Kind) -> HangupReason | None:
    """Return the reason with which a call to such a number fails; None where it rings or is answered."""
    return _REASONS.get(kind)


def _begin_recording(world: World, leg: Leg) -> None:
    requested = leg.options.record
    if requested is not None:
        start_recording(
            world,
            leg,
            channels=requested["channels"],
            audio_format=requested["format"],
            max_s=requested["max_s"],
            known_id=requested["id"],
        )
