"""Stop the stream of a leg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.media.dialogflow import Dialogflow
from simulator.media.medium import not_streaming
from simulator.media.stream import Stream
from simulator.schema.addresses import Uuid
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, body: Body) -> None:
    stream = leg.medium
    if not isinstance(stream, Stream | Dialogflow) or body.get("stream_id") not in (None, stream.id):
        raise not_streaming()
    stream.end()


STREAMING_STOP = Command(
    action="streaming_stop",
    shape=Shape(fields={**IDENTITY, "stream_id": Uuid()}),
    effect=_stop,
)
