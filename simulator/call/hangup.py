"""How a leg ends: first its activities, then `call.hangup`, then the legs bridged or transferred with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.call.recording import stop_recording
from simulator.clock import iso
from simulator.state.leg import Leg, LegState
from simulator.webhook_events import emit
from simulator.world import World


@dataclass(frozen=True, slots=True)
class HangupReason:
    """Why a leg ends: hangup_cause, hangup_source, sip_hangup_cause and the code of telnyx_error in `call.hangup`."""

    cause: str
    source: str
    sip: str
    code: str | None = None


CALLEE_HUNG_UP = HangupReason("normal_clearing", "callee", "200")
CALLER_HUNG_UP = HangupReason("normal_clearing", "caller", "200")
API_HANGUP = HangupReason("normal_clearing", "caller", "200")
API_HANGUP_INCOMING = HangupReason("normal_clearing", "callee", "200")  # of an incoming call
CANCELLED = HangupReason("originator_cancel", "caller", "487")
TIMEOUT = HangupReason("timeout", "unknown", "487")
NO_ANSWER = HangupReason("no_answer", "unknown", "487")
TIME_LIMIT = HangupReason("time_limit", "unknown", "200")
BUSY = HangupReason("user_busy", "callee", "486")
REJECTED = HangupReason("call_rejected", "callee", "603")
NOT_FOUND = HangupReason("not_found", "unknown", "404")
FAILED = HangupReason("unspecified", "unknown", "unspecified")
REFUSED_BY_API = HangupReason("call_rejected", "callee", "603")  # `hangup` on an unanswered incoming call; assumed
CALLER_CANCELLED = HangupReason("originator_cancel", "caller", "487")
NO_FIRST_COMMAND = HangupReason("timeout", "unknown", "480")  # first_command_timeout; its cause is not published


def api_hangup(leg: Leg) -> HangupReason:
    """Return the reason when the application hangs up an answered leg."""
    return API_HANGUP_INCOMING if leg.is_incoming else API_HANGUP


def far_end_hangup(leg: Leg) -> HangupReason:
    """Return the reason when the far end hangs up an answered leg."""
    return CALLER_HUNG_UP if leg.is_incoming else CALLEE_HUNG_UP


def end_leg(world: World, leg: Leg, end: HangupReason) -> None:
    """End the leg; has no effect on one that has ended."""
    if not leg.is_live:
        return
    leg.player.close()
    if leg.gather is not None:
        leg.gather.close("call_hangup")
    if leg.media_output is not None:
        leg.media_output.end()
    if leg.queue_place is not None:
        leg.queue_place.hang_up()
    leg.timers.clear()
    leg.transcription = leg.refers_to = None
    leg.state, leg.ended_at = LegState.ENDED, world.clock.now()
    leg.hangup_cause, leg.hangup_source, leg.sip_hangup_cause = end.cause, end.source, end.sip
    leg.hangup_code = end.code
    world.counters.add("hangups", end.cause)
    emit(world, leg, "call.hangup", **_hangup(leg))
    for recording in leg.recordings:
        stop_recording(world, leg, recording)
    if world.settings.call_cost:
        emit(world, leg, "call.cost", **_cost(world, leg))
    world.legs.close(leg)
    _release_related(world, leg)


def _release_related(world: World, leg: Leg) -> None:
    """Release the related legs: a ringing transfer target, the leg that was transferred, the bridged leg."""
    target, origin = leg.transfer_target, leg.transferred_from
    leg.transfer_target = leg.transferred_from = leg.joins_on_answer = None
    if target is not None:
        end_leg(world, target, CANCELLED)
    if origin is not None and origin.transfer_target is leg:
        origin.transfer_target = None
        origin.player.rest()
    release_peer(world, leg)


def release_peer(world: World, leg: Leg) -> None:
    """Undo the leg's bridge: the other leg stays up if it parks, and ends otherwise."""
    peer, leg.bridged_to = leg.bridged_to, None
    if peer is None:
        return
    peer.bridged_to = None
    if peer.parks_after_unbridge:
        peer.player.rest()
    else:
        end_leg(world, peer, api_hangup(peer))


def _hangup(leg: Leg) -> dict[str, Any]:
    error = {} if leg.hangup_code is None else {"telnyx_error": {"error_code": leg.hangup_code}}
    return {
        **error,
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
