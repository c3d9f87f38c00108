"""Transcribing a live leg, and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, unset_means
from orchestrator.telnyx.commands.engines import engine_name
from orchestrator.telnyx.commands.languages import GOOGLE_LANGUAGES, WHISPER_LANGUAGES
from orchestrator.telnyx.commands.transcribing import Transcribed
from orchestrator.telnyx.event_types import EventType

_LANGUAGES = {"Google": GOOGLE_LANGUAGES, "Telnyx": WHISPER_LANGUAGES}


class TranscriptionStart(RepeatableCommand, Transcribed):
    """Transcribe until `transcription_stop` or the end of the call; a second start is refused (90054).

    One webhook per utterance, and per draft of it where `interim_results` are on. `language` and `interim_results`
    were set here when the carrier had two engines, A (Google) and B (its own); today they belong into
    `transcription_engine_config`.
    """

    action: ClassVar[str] = "transcription_start"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.TRANSCRIPTION})
    stopped_by: ClassVar[str | None] = "transcription_stop"

    interim_results: bool | None = unset_means(False)
    language: str | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a language that the engine does not know, or that belongs into the engine's own settings."""
        yield from super().problems()
        engine = engine_name(self.transcription_engine)
        if self.language is None:
            return
        if engine not in _LANGUAGES:
            yield Problem("language", f"belongs into transcription_engine_config for {engine}")
        elif self.language not in _LANGUAGES[engine]:
            yield Problem("language", "is no language of this engine")


class TranscriptionStop(RepeatableCommand):
    """Stop transcribing."""

    action: ClassVar[str] = "transcription_stop"
