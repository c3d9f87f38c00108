"""What a call keeps of its events: recordings, transcripts, costs, and what a later step may wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.engine.transition import Turn
from orchestrator.telnyx.event_types import EventType

RECORDING_FIELDS = (
    "recording_id",
    "recording_urls",
    "public_recording_urls",
    "channels",
    "format",
    "recording_started_at",
    "recording_ended_at",
)
COST_FIELDS = ("total_cost", "billed_duration_secs", "cost_parts", "status")
_LEG_FIELDS: Final = frozenset({"call_control_id", "call_leg_id", "call_session_id", "connection_id", "client_state"})
_TRANSCRIBED: Final = frozenset({EventType.TRANSCRIPTION, EventType.RECORDING_TRANSCRIBED})


def keep_facts(turn: Turn) -> None:
    """Keep what the event tells about recordings, transcripts and costs; told twice, it is kept once."""
    event, payload = turn.event, turn.event.payload
    if event.type == EventType.RECORDING_SAVED:
        _keep_recording(turn, {name: payload[name] for name in RECORDING_FIELDS if name in payload})
    elif event.type == EventType.RECORDING_ERROR:
        _keep_recording(turn, {"error": str(payload.get("reason") or "the carrier gave no reason")})
    elif event.type == EventType.CALL_COST and event.leg == "A":
        turn.call.cost = {name: payload[name] for name in COST_FIELDS if name in payload}
    elif event.type in _TRANSCRIBED and turn.before.settled:
        turn.settles = True  # what was said stands in the timeline, and that is written with the record


def remember(turn: Turn, event: str, payload: Mapping[str, Any]) -> None:
    """Keep the event's name, and its payload where some step waits for it."""
    if event not in turn.call.seen:
        turn.call.seen = (*turn.call.seen, event)
    if turn.flow is not None and event in turn.flow.awaited:
        kept = {name: value for name, value in payload.items() if name not in _LEG_FIELDS}
        turn.call.heard = {**turn.call.heard, event: kept}


def _keep_recording(turn: Turn, told: dict[str, object]) -> None:
    event = turn.event
    if any(known.get("event_id") == event.id for known in turn.call.recordings):
        return
    kept = {"event_id": event.id, "leg": event.leg, "told_at": event.occurred_at.isoformat(), **told}
    turn.call.recordings = (*turn.call.recordings, kept)
    turn.settles = True  # its links live for ten minutes, and the call may talk on for hours
