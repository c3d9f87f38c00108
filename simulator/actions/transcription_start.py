"""Start a transcription: a webhook for everything that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.actions.transcribing import TRANSCRIPTION, wish
from simulator.command import Body, Command, Shape
from simulator.fields import Flag, Text
from simulator.leg import Leg
from simulator.problems import already_transcribing
from simulator.transcription import start_transcription

if TYPE_CHECKING:
    from simulator.world import World


def _start(world: World, leg: Leg, body: Body) -> None:
    if leg.transcription is not None:
        raise already_transcribing()
    tracks, interim = wish(body)
    start_transcription(world, leg, tracks=tracks, interim=interim)


TRANSCRIPTION_START = Command(
    action="transcription_start",
    shape=Shape(fields={**IDENTITY, **TRANSCRIPTION, "interim_results": Flag(), "language": Text(least=1)}),
    effect=_start,
)
