"""How a leg ends: what ran on it ends first, then the hangup is told, then the other side learns of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.clock import iso
from simulator.events import tell
from simulator.leg import Leg, LegState
from simulator.recording import stop_recording

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True, slots=True)
class End:
    """Why a leg ends: hangup_cause, hangup_source and sip_hangup_cause of the webhook."""

    cause: str
    source: str
    sip: str


CALLEE_LEFT = End("normal_clearing", "callee", "200")
API_HANGUP = End("normal_clearing", "caller", "200")
CANCELLED = End("originator_cancel", "caller", "487")
TIMEOUT = End("timeout", "unknown", "487")
NO_ANSWER = End("no_answer", "unknown", "487")
TIME_LIMIT = End("time_limit", "unknown", "200")
BUSY = End("user_busy", "callee", "486")
REJECTED = End("call_rejected", "callee", "603")
NOT_FOUND = End("not_found", "unknown", "404")
FAILED = End("unspecified", "unknown", "unspecified")


def end_leg(world: World, leg: Leg, end: End) -> None:
    """End the leg; one that is over already stays as it is."""
    if not leg.is_live:
        return
    leg.player.close()
    if leg.gather is not None:
        leg.gather.close("call_hangup")
    leg.timers.clear()
    leg.state, leg.ended_at = LegState.ENDED, world.clock.now()
    leg.hangup_cause, leg.hangup_source, leg.sip_hangup_cause = end.cause, end.source, end.sip
    world.counters.add("hangups", end.cause)
    tell(world, leg, "call.hangup", **_hangup(leg))
    for recording in leg.recordings:
        stop_recording(world, leg, recording)
    if world.settings.call_cost:
        tell(world, leg, "call.cost", **_cost(world, leg))
    world.legs.close(leg)
    _part(world, leg)


def _part(world: World, leg: Leg) -> None:
    """Let go of a ringing target, of the origin of a transfer, of the other side of a bridge."""
    target, origin, peer = leg.target, leg.origin, leg.peer
    leg.target = leg.origin = leg.peer = None
    if target is not None:
        end_leg(world, target, CANCELLED)
    if origin is not None and origin.target is leg:
        origin.target = None
        origin.player.rest()
    if peer is not None:
        peer.peer = None
        _stay_or_leave(world, peer)


def _stay_or_leave(world: World, peer: Leg) -> None:
    if peer.parks:
        peer.player.rest()
    else:
        end_leg(world, peer, API_HANGUP)


def _hangup(leg: Leg) -> dict[str, Any]:
    return {
        "start_time": iso(leg.accepted_at),
        "end_time": iso(leg.ended_at or leg.accepted_at),
        "hangup_cause": leg.hangup_cause,
        "hangup_source": leg.hangup_source,
        "sip_hangup_cause": leg.sip_hangup_cause,
        "state": "hangup",
        "call_quality_stats": None if leg.answered_at is None else _QUALITY,
    }


_QUALITY = {
    "inbound": {
        "jitter_max_variance": "3.12",
        "jitter_packet_count": "0",
        "mos": "4.50",
        "packet_count": "2468",
        "skip_packet_count": "6",
    },
    "outbound": {"packet_count": "2441", "skip_packet_count": "0"},
}


def _cost(world: World, leg: Leg) -> dict[str, Any]:
    billed = 0 if leg.answered_at is None else -(-max(1, leg.seconds(world.clock.now())) // 60) * 60
    total = f"{billed / 60 * 0.007:.4f}"
    part = {
        "billed_duration_secs": billed,
        "call_part": "call-control",
        "cost": total,
        "currency": "USD",
        "rate": "0.00700",
    }
    return {
        "billed_duration_secs": billed,
        "billing_group_id": None,
        "cost_parts": [part],
        "occurred_at": iso(leg.ended_at or leg.accepted_at),
        "status": "success",
        "total_cost": total,
    }
