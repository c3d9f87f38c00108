"""Facts that join the record whenever they come: recordings and costs."""

from __future__ import annotations

from orchestrator.flow.engine.turn import Turn
from orchestrator.telnyx.event_types import EventType

_OF_A_RECORDING = (
    "recording_id",
    "recording_urls",
    "public_recording_urls",
    "channels",
    "recording_started_at",
    "recording_ended_at",
)
_OF_A_COST = ("total_cost", "billed_duration_secs", "cost_parts", "status")


def keep_facts(turn: Turn) -> None:
    """Keep what the event tells about recordings and costs; told twice, it is kept once."""
    event, payload = turn.event, turn.event.payload
    if event.type == EventType.RECORDING_SAVED:
        kept = {name: payload[name] for name in _OF_A_RECORDING if name in payload}
        if all(known.get("event_id") != event.id for known in turn.call.recordings):
            turn.change(recordings=(*turn.call.recordings, {"event_id": event.id, "leg": event.leg, **kept}))
    elif event.type == EventType.CALL_COST and event.leg == "A":
        turn.change(cost={name: payload[name] for name in _OF_A_COST if name in payload})
