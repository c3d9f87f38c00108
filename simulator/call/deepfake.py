"""Deepfake detection: one result, or an error, some seconds after the answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from simulator.callees.callee import Kind
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_VERDICTS: dict[Kind, dict[str, Any]] = {
    Kind.HUMAN: {"result": "real", "score": 0.04, "consistency": 96.5},
    Kind.MACHINE: {"result": "fake", "score": 0.97, "consistency": 91.0},
}
_NOBODY_SPOKE: dict[str, Any] = {"result": "silence_timeout", "score": None, "consistency": None}


def detect_deepfake(world: World, leg: Leg) -> None:
    """Start detection at the answer if it was requested; fax machines and silence end in `silence_timeout`."""
    seconds = leg.options.deepfake_s
    if seconds is not None:
        leg.timers.set("deepfake", seconds, partial(_conclude, world, leg))


def _conclude(world: World, leg: Leg) -> None:
    if world.random.happens(world.faults.of(leg.far_end_number).deepfake_error, "deepfake error", leg.key):
        emit(world, leg, "call.deepfake_detection.error", error_message="dfd_connection_error")
        return
    emit(world, leg, "call.deepfake_detection.result", **_VERDICTS.get(leg.persona.kind, _NOBODY_SPOKE))
