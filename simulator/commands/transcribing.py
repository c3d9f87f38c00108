"""How a transcription is asked for: by its own command, or together with a dial or an answer."""

from __future__ import annotations

from simulator.commands.base import Body
from simulator.commands.shared_fields import IDENTITY
from simulator.commands.speech_engines import ENGINES, settings_fit
from simulator.schema.fields import Choice, Field, Flag, Record

TRANSCRIPTION: dict[str, Field] = {
    "transcription_engine": Choice(ENGINES),
    "transcription_engine_config": Record(),  # which fields it has depends on the engine
    "transcription_tracks": Choice(("inbound", "outbound", "both")),
}

TRANSCRIBED: dict[str, Field] = {
    "transcription": Flag(),
    "transcription_config": Record(fields={**TRANSCRIPTION, **IDENTITY}, conditions=(settings_fit,)),
}


def wish(body: Body) -> tuple[str, bool]:
    """Return which tracks are wanted, and whether interim results are; both spellings of the latter count."""
    config = body.get("transcription_engine_config") or {}
    interim = body.get("interim_results") is True or config.get("interim_results") is True
    return body.get("transcription_tracks") or "inbound", interim
