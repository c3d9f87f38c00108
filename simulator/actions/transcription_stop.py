"""Stop a transcription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.command import Body, Command, Shape
from simulator.leg import Leg
from simulator.problems import not_transcribing
from simulator.transcription import stop_transcription

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if leg.transcription is None:
        raise not_transcribing()
    stop_transcription(leg)


TRANSCRIPTION_STOP = Command(action="transcription_stop", shape=Shape(fields=IDENTITY), effect=_stop)
