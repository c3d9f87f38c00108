"""Stores what a call keeps of its events: recordings, costs, and the events that a later step may wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.engine.transition import Transition
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


def keep_facts(transition: Transition) -> None:
    """Store what the event reports about recordings, transcripts and costs; a repeated event is stored once."""
    event, payload = transition.event, transition.event.payload
    if event.type == EventType.RECORDING_SAVED:
        _keep_recording(transition, {name: payload[name] for name in RECORDING_FIELDS if name in payload})
    elif event.type == EventType.RECORDING_ERROR:
        _keep_recording(transition, {"error": str(payload.get("reason") or "the carrier gave no reason")})
    elif event.type == EventType.CALL_COST and event.leg == "A":
        transition.call.cost = {name: payload[name] for name in COST_FIELDS if name in payload}
    elif event.type in _TRANSCRIBED and transition.before.settled:
        transition.settles = True  # the transcript is part of the timeline, which is written with the record


def remember_event(transition: Transition, event: str, payload: Mapping[str, Any]) -> None:
    """Store the event's name, and its payload if some step of the flow waits for it."""
    if event not in transition.call.seen:
        transition.call.seen = (*transition.call.seen, event)
    if transition.flow is not None and event in transition.flow.awaited:
        kept = {name: value for name, value in payload.items() if name not in _LEG_FIELDS}
        transition.call.heard = {**transition.call.heard, event: kept}


def _keep_recording(transition: Transition, fields: dict[str, object]) -> None:
    event = transition.event
    if any(known.get("event_id") == event.id for known in transition.call.recordings):
        return
    kept = {"event_id": event.id, "leg": event.leg, "told_at": event.occurred_at.isoformat(), **fields}
    transition.call.recordings = (*transition.call.recordings, kept)
    transition.settles = True  # its links expire after ten minutes, and the call may go on for hours
