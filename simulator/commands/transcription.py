"""Start and stop a transcription, or request one with a dial or an answer."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.call.transcription import start_transcription, stop_transcription
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.commands.speech_engines import ENGINES, engine_name, settings_fit
from simulator.schema.conditions import conflict
from simulator.schema.errors import Problem, already_transcribing, not_transcribing
from simulator.schema.fields import Choice, Field, Flag, Record, Text
from simulator.schema.languages import GOOGLE, WHISPER
from simulator.state.leg import Leg
from simulator.world import World

TRANSCRIPTION: dict[str, Field] = {
    "transcription_engine": Choice(ENGINES),
    "transcription_engine_config": Record(),  # its fields depend on the engine
    "transcription_tracks": Choice(("inbound", "outbound", "both")),
}

TRANSCRIBED: dict[str, Field] = {
    "transcription": Flag(),
    "transcription_config": Record(fields={**TRANSCRIPTION, **IDENTITY}, conditions=(settings_fit,)),
}


def requested_transcription(body: Body) -> tuple[str, bool]:
    """Return the requested tracks, and whether interim results are requested in either place."""
    config = body.get("transcription_engine_config") or {}
    interim = body.get("interim_results") is True or config.get("interim_results") is True
    return body.get("transcription_tracks") or "inbound", interim


_LANGUAGES = {"Google": Choice(GOOGLE), "Telnyx": Choice(WHISPER)}


def _language_is_known(body: Body, at: str) -> Iterator[Problem]:
    """Yield an invalid `language` at the top level, where the carrier took it when it had two engines."""
    language, engine = body.get("language"), engine_name(body.get("transcription_engine"))
    if language is None:
        return
    if engine in _LANGUAGES:
        yield from _LANGUAGES[engine].problems(language, f"{at}/language")
    else:
        yield conflict(f"{at}/language", f"belongs into transcription_engine_config for {engine}")


def _start(world: World, leg: Leg, body: Body) -> None:
    if leg.transcription is not None:
        raise already_transcribing()
    tracks, interim = requested_transcription(body)
    start_transcription(world, leg, tracks=tracks, interim=interim)


TRANSCRIPTION_START = Command(
    action="transcription_start",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **TRANSCRIPTION,
            "interim_results": Flag(),  # like language, dropped from the current API reference and still accepted
            "language": Text(),
        },
        conditions=(settings_fit, _language_is_known),
    ),
    effect=_start,
)


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if leg.transcription is None:
        raise not_transcribing()
    stop_transcription(leg)


TRANSCRIPTION_STOP = Command(action="transcription_stop", schema=BodySchema(fields=IDENTITY), effect=_stop)
