"""Webhooks are made here: the common payload, the event's own fields, one id for its life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from simulator.carried import carried
from simulator.clock import iso
from simulator.ids import fresh_uuid
from simulator.state.leg import Leg, Notice

if TYPE_CHECKING:
    from simulator.world import World

_NUMBERLESS = frozenset(
    {
        "call.speak.started",
        "call.speak.ended",
        "call.playback.started",
        "call.playback.ended",
        "call.recording.saved",
        "call.recording.error",
        "call.cost",
        "call.fork.started",
        "call.fork.stopped",
        "streaming.started",
        "streaming.stopped",
        "streaming.failed",
        "call.deepfake_detection.error",
        "call.deepfake_detection.result",
        "call.enqueued",
        "call.dequeued",
        "call.transcription",
        "call.recording.transcription.saved",
    }
)


def tell(world: World, leg: Leg, event_type: str, **own: Any) -> None:
    """Record that something happened on the leg just now, and send the webhook for it."""
    now = world.clock.now()
    payload = {**_common(leg), **_numbers(leg, event_type), **carried(world, leg, event_type), **own}
    event_id = fresh_uuid()
    event = {
        "event_type": event_type,
        "id": event_id,
        "occurred_at": iso(now),
        "payload": payload,
        "record_type": "event",
    }
    notice = Notice(id=event_id, type=event_type, occurred_at=now, data=_sorted_json(event))
    leg.note(notice)
    world.legs.touch(leg)
    world.courier.send(leg, notice)


def _sorted_json(event: dict[str, Any]) -> bytes:
    # Copied: orjson's own bytes keep the kilobytes of their buffer for as long as they live.
    return bytes(memoryview(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)))


def _common(leg: Leg) -> dict[str, Any]:
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "client_state": leg.client_state,
        "connection_id": leg.connection_id,
    }


def _numbers(leg: Leg, event_type: str) -> dict[str, str]:
    return {} if event_type in _NUMBERLESS else {"from": leg.from_, "to": leg.to}
