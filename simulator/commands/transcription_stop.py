"""Stop a transcription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.call.transcription import stop_transcription
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.errors import not_transcribing
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if leg.transcription is None:
        raise not_transcribing()
    stop_transcription(leg)


TRANSCRIPTION_STOP = Command(action="transcription_stop", shape=Shape(fields=IDENTITY), effect=_stop)
