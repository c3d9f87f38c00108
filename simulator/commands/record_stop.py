"""Stop a recording: the one named, or all of the leg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.call.recording import stop_recording
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.addresses import Uuid
from simulator.schema.errors import bad_request
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(world: World, leg: Leg, body: Body) -> None:
    wanted = body.get("recording_id")
    chosen = [recording for recording in leg.recordings if wanted in (None, recording.id)]
    if wanted and not chosen:
        raise bad_request("The recording_id is none of this call.", at="/recording_id")
    for recording in chosen:
        stop_recording(world, leg, recording)


RECORD_STOP = Command(
    action="record_stop",
    shape=Shape(fields={**IDENTITY, "recording_id": Uuid()}),
    effect=_stop,
)
