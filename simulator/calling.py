"""The life of an outbound leg: it rings, is answered or fails, and may not last for ever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.amd import detect
from simulator.bridging import join
from simulator.callee import Kind
from simulator.clock import iso
from simulator.ending import BUSY, FAILED, NO_ANSWER, NOT_FOUND, REJECTED, TIME_LIMIT, TIMEOUT, End, end_leg
from simulator.events import tell
from simulator.habits import settle_in
from simulator.leg import Leg, LegState
from simulator.player import playback
from simulator.recording import start_recording

if TYPE_CHECKING:
    from simulator.world import World

_LINE_SAYS: dict[Kind, End] = {
    Kind.BUSY: BUSY,
    Kind.REJECTED: REJECTED,
    Kind.NOT_FOUND: NOT_FOUND,
    Kind.FAILED: FAILED,
}


def ring(world: World, leg: Leg) -> None:
    """Let the leg ring; webhooks of it may be out before the command is answered."""
    world.legs.add(leg)
    world.most_live = max(world.most_live, world.legs.live_count)
    world.counters.add("legs", leg.persona.kind)
    start = iso(leg.accepted_at)
    tell(world, leg, "call.initiated", direction="outgoing", state="bridging", start_time=start)
    leg.timers.set("ring", *_outcome(world, leg))


def _outcome(world: World, leg: Leg) -> tuple[float, partial[None]]:
    who, patience_s = leg.persona, leg.terms.timeout_s
    if who.kind is Kind.NO_ANSWER or who.rings_s >= patience_s:
        end = TIMEOUT if leg.terms.retry_on_timeout else NO_ANSWER
        return patience_s, partial(end_leg, world, leg, end)
    if who.answers:
        return who.rings_s, partial(answer, world, leg)
    return who.rings_s, partial(end_leg, world, leg, _LINE_SAYS[who.kind])


def answer(world: World, leg: Leg) -> None:
    """Pick up: the time limit runs, detection and recording begin, a transfer is joined."""
    leg.state, leg.answered_at = LegState.ANSWERED, world.clock.now()
    world.counters.add("answered")
    leg.timers.set("limit", leg.terms.time_limit_s, partial(end_leg, world, leg, TIME_LIMIT))
    tell(world, leg, "call.answered", state="answered", start_time=iso(leg.accepted_at))
    _begin_recording(world, leg)
    detect(world, leg)
    origin = leg.origin
    if origin is not None and origin.is_answered:
        origin.target = None
        join(world, origin, leg)
        return
    settle_in(world, leg)
    if leg.terms.audio is not None:
        leg.player.queue(playback(leg.terms.audio))


def _begin_recording(world: World, leg: Leg) -> None:
    wish = leg.terms.record
    if wish is not None:
        start_recording(
            world, leg, channels=wish["channels"], form=wish["format"], most_s=wish["most_s"], known_id=wish["id"]
        )
