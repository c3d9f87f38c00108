"""Start a transcription: a webhook for everything that is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.call.transcription import start_transcription
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.commands.speech_engines import engine_name, settings_fit
from simulator.commands.transcribing import TRANSCRIPTION, wish
from simulator.schema.conditions import clash
from simulator.schema.errors import Problem, already_transcribing
from simulator.schema.fields import Choice, Flag, Text
from simulator.schema.languages import GOOGLE, WHISPER
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World

_LANGUAGES = {"Google": Choice(GOOGLE), "Telnyx": Choice(WHISPER)}


def _language_is_known(body: Body, at: str) -> Iterator[Problem]:
    """Yield what is wrong with a language that stands where the carrier took it when it had two engines."""
    language, engine = body.get("language"), engine_name(body.get("transcription_engine"))
    if language is None:
        return
    if engine in _LANGUAGES:
        yield from _LANGUAGES[engine].problems(language, f"{at}/language")
    else:
        yield clash(f"{at}/language", f"belongs into transcription_engine_config for {engine}")


def _start(world: World, leg: Leg, body: Body) -> None:
    if leg.transcription is not None:
        raise already_transcribing()
    tracks, interim = wish(body)
    start_transcription(world, leg, tracks=tracks, interim=interim)


TRANSCRIPTION_START = Command(
    action="transcription_start",
    shape=Shape(
        fields={
            **IDENTITY,
            **TRANSCRIPTION,
            "interim_results": Flag(),  # dropped from the current document, as is language; still taken
            "language": Text(),
        },
        conditions=(settings_fit, _language_is_known),
    ),
    effect=_start,
)
