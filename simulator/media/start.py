"""Starting a stream: to its websocket, or else to the Dialogflow agent of the leg's connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.ids import fresh_uuid
from simulator.media.dialogflow import Dialogflow
from simulator.media.stream import Stream, emit_failed
from simulator.state.leg import Leg
from simulator.world import World


def begin_stream(world: World, leg: Leg, body: Mapping[str, Any]) -> None:
    """Start connecting; a webhook reports the result."""
    if body.get("stream_url"):
        Stream(world, leg, body).begin()
    elif leg.connection_id in world.dialogflow_agents:
        Dialogflow(world, leg).begin()
    else:
        emit_failed(world, leg, body, reason="dialogflow_not_configured", stream_id=fresh_uuid())
