"""The life of a leg: it rings, is answered or fails, and may not last for ever."""

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
    """Let the leg ring; webhooks of it may be out before the command is answered."""
    _begin(world, leg, state="bridging")
    leg.timers.set("ring", *_outcome(world, leg))


def ring_incoming(world: World, leg: Leg) -> None:
    """Let somebody call us: the leg is parked until it is answered or rejected, or its caller gives up."""
    _begin(world, leg, state="parked")
    leg.timers.set("ring", leg.terms.timeout_s, partial(hang_up_far_end, world, leg))
    max_s = world.settings.first_command_timeout
    if max_s:
        leg.timers.set("first command", max_s, partial(end_leg, world, leg, NO_FIRST_COMMAND))


def _begin(world: World, leg: Leg, *, state: str) -> None:
    world.legs.add(leg)
    world.most_live = max(world.most_live, world.legs.live_count)
    world.counters.add("legs", leg.persona.kind)
    emit(world, leg, "call.initiated", direction=leg.direction, state=state, start_time=iso(leg.accepted_at))


def _outcome(world: World, leg: Leg) -> tuple[float, partial[None]]:
    who, patience_s = leg.persona, leg.terms.timeout_s
    wrong = world.faults.of(leg.to).ends
    if wrong is not None:
        end = HangupReason(wrong.cause, wrong.source, wrong.sip, wrong.code)
        return min(who.rings_s, patience_s), partial(end_leg, world, leg, end)
    if who.kind is Kind.NO_ANSWER or who.rings_s >= patience_s:
        end = TIMEOUT if leg.terms.retry_on_timeout else NO_ANSWER
        return patience_s, partial(end_leg, world, leg, end)
    if who.answers:
        return who.rings_s, partial(answer, world, leg)
    return who.rings_s, partial(end_leg, world, leg, _REASONS[who.kind])


def answer(world: World, leg: Leg) -> None:
    """Pick up: the time limit runs, what was asked for begins, and a leg meant for another is joined to it."""
    leg.timers.cancel("ring")
    leg.state, leg.answered_at = LegState.ANSWERED, world.clock.now()
    world.counters.add("answered")
    leg.timers.set("limit", leg.terms.time_limit_s, partial(end_leg, world, leg, TIME_LIMIT))
    emit(world, leg, "call.answered", state="answered", start_time=iso(leg.accepted_at))
    _begin_side_work(world, leg)
    partner = _partner(leg)
    if partner is not None:
        bridge_legs(world, partner, leg)
        return
    start_behavior(world, leg)
    if leg.terms.audio is not None:
        leg.player.queue(playback(leg.terms.audio))


def _begin_side_work(world: World, leg: Leg) -> None:
    """Begin all that was asked for together with the call."""
    _begin_recording(world, leg)
    detect_machine(world, leg)
    detect_deepfake(world, leg)
    leg.sent_digits += leg.terms.digits
    if leg.terms.stream is not None:
        begin_stream(world, leg, leg.terms.stream)
    if leg.terms.transcribe is not None:
        tracks, interim = leg.terms.transcribe
        start_transcription(world, leg, tracks=tracks, interim=interim)


def _partner(leg: Leg) -> Leg | None:
    """Return the leg that this one shall talk to, now that it is answered."""
    origin, joins, leg.joins_on_answer = leg.transferred_from, leg.joins_on_answer, None
    if origin is not None and origin.is_answered:
        origin.transfer_target = None
        return origin
    return joins if joins is not None and joins.is_answered else None


def hangup_reason_of(kind: Kind) -> HangupReason | None:
    """Return how a call to a number of this kind ends by itself; None where it rings on."""
    return _REASONS.get(kind)


def _begin_recording(world: World, leg: Leg) -> None:
    requested = leg.terms.record
    if requested is not None:
        start_recording(
            world,
            leg,
            channels=requested["channels"],
            form=requested["format"],
            max_s=requested["most_s"],
            known_id=requested["id"],
        )
