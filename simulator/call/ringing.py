"""The life of a leg: it rings, is answered or fails, and may not last for ever."""

from __future__ import annotations

from functools import partial

from simulator.call.amd import detect
from simulator.call.bridging import join
from simulator.call.callee_behavior import leave, settle_in
from simulator.call.deepfake import look_for_deepfake
from simulator.call.hangup import (
    BUSY,
    FAILED,
    NEVER_COMMANDED,
    NO_ANSWER,
    NOT_FOUND,
    REJECTED,
    TIME_LIMIT,
    TIMEOUT,
    End,
    end_leg,
)
from simulator.call.playback import playback
from simulator.call.recording import start_recording
from simulator.call.transcription import start_transcription
from simulator.callees.callee import Kind
from simulator.clock import iso
from simulator.media.begin import begin_stream
from simulator.state.leg import Leg, LegState
from simulator.webhook_events import tell
from simulator.world import World

_LINE_SAYS: dict[Kind, End] = {
    Kind.BUSY: BUSY,
    Kind.REJECTED: REJECTED,
    Kind.NOT_FOUND: NOT_FOUND,
    Kind.FAILED: FAILED,
}


def ring(world: World, leg: Leg) -> None:
    """Let the leg ring; webhooks of it may be out before the command is answered."""
    _begin(world, leg, state="bridging")
    leg.timers.set("ring", *_outcome(world, leg))


def ring_in(world: World, leg: Leg) -> None:
    """Let somebody call us: the leg is parked until it is answered or rejected, or its caller gives up."""
    _begin(world, leg, state="parked")
    leg.timers.set("ring", leg.terms.timeout_s, partial(leave, world, leg))
    most_s = world.settings.first_command_timeout
    if most_s:
        leg.timers.set("first command", most_s, partial(end_leg, world, leg, NEVER_COMMANDED))


def _begin(world: World, leg: Leg, *, state: str) -> None:
    world.legs.add(leg)
    world.most_live = max(world.most_live, world.legs.live_count)
    world.counters.add("legs", leg.persona.kind)
    tell(world, leg, "call.initiated", direction=leg.direction, state=state, start_time=iso(leg.accepted_at))


def _outcome(world: World, leg: Leg) -> tuple[float, partial[None]]:
    who, patience_s = leg.persona, leg.terms.timeout_s
    wrong = world.faults.of(leg.to).ends
    if wrong is not None:
        end = End(wrong.cause, wrong.source, wrong.sip, wrong.code)
        return min(who.rings_s, patience_s), partial(end_leg, world, leg, end)
    if who.kind is Kind.NO_ANSWER or who.rings_s >= patience_s:
        end = TIMEOUT if leg.terms.retry_on_timeout else NO_ANSWER
        return patience_s, partial(end_leg, world, leg, end)
    if who.answers:
        return who.rings_s, partial(answer, world, leg)
    return who.rings_s, partial(end_leg, world, leg, _LINE_SAYS[who.kind])


def answer(world: World, leg: Leg) -> None:
    """Pick up: the time limit runs, what was asked for begins, and a leg meant for another is joined to it."""
    leg.timers.cancel("ring")
    leg.state, leg.answered_at = LegState.ANSWERED, world.clock.now()
    world.counters.add("answered")
    leg.timers.set("limit", leg.terms.time_limit_s, partial(end_leg, world, leg, TIME_LIMIT))
    tell(world, leg, "call.answered", state="answered", start_time=iso(leg.accepted_at))
    _begin_side_work(world, leg)
    partner = _partner(leg)
    if partner is not None:
        join(world, partner, leg)
        return
    settle_in(world, leg)
    if leg.terms.audio is not None:
        leg.player.queue(playback(leg.terms.audio))


def _begin_side_work(world: World, leg: Leg) -> None:
    """Begin all that was asked for together with the call."""
    _begin_recording(world, leg)
    detect(world, leg)
    look_for_deepfake(world, leg)
    leg.sent_digits += leg.terms.digits
    if leg.terms.stream is not None:
        begin_stream(world, leg, leg.terms.stream)
    if leg.terms.transcribe is not None:
        tracks, interim = leg.terms.transcribe
        start_transcription(world, leg, tracks=tracks, interim=interim)


def _partner(leg: Leg) -> Leg | None:
    """Return the leg that this one shall talk to, now that it is answered."""
    origin, joins, leg.joins = leg.origin, leg.joins, None
    if origin is not None and origin.is_answered:
        origin.target = None
        return origin
    return joins if joins is not None and joins.is_answered else None


def line_says(kind: Kind) -> End | None:
    """Return how a call to a number of this kind ends by itself; None where it rings on."""
    return _LINE_SAYS.get(kind)


def _begin_recording(world: World, leg: Leg) -> None:
    wish = leg.terms.record
    if wish is not None:
        start_recording(
            world, leg, channels=wish["channels"], form=wish["format"], most_s=wish["most_s"], known_id=wish["id"]
        )
