"""How a live leg is transcribed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from orchestrator.telnyx.commands.base import Part, Problem, unset_means
from orchestrator.telnyx.commands.engines import Engine, EngineConfig, engine_name
from orchestrator.telnyx.commands.values import Base64Text, CommandId, Track


class Transcribed(Part):
    """Which engine transcribes, and how; without an engine named, Google's.

    Settings that name no engine are those of `transcription_engine`. `transcription_tracks` are inbound (this leg)
    unless set.
    """

    transcription_engine: Engine | None = unset_means("Google")
    transcription_engine_config: EngineConfig | None = None
    transcription_tracks: Track | None = unset_means("inbound")

    @field_validator("transcription_engine_config", mode="wrap")
    @classmethod
    def _read_as_named(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        engine = info.data.get("transcription_engine")
        if engine is None or not isinstance(value, Mapping) or "transcription_engine" in value:
            return read(value)
        settings = read({**value, "transcription_engine": engine})
        if not type(settings).model_fields["transcription_engine"].is_required():
            # It was named only to pick the shape: what was not written does not go on the wire.
            settings.model_fields_set.discard("transcription_engine")
        return settings

    def problems(self) -> Iterator[Problem]:
        """Yield settings of another engine than the one that is named."""
        yield from super().problems()
        settings = self.transcription_engine_config
        if self.transcription_engine is None or settings is None:
            return
        named, meant = engine_name(self.transcription_engine), engine_name(settings.transcription_engine)
        if named != meant:
            yield Problem("transcription_engine_config", f"is of {meant}, transcription_engine says {named}")


class TranscriptionConfig(Transcribed):
    """How a leg is transcribed from its answer on."""

    client_state: Base64Text | None = None
    command_id: CommandId | None = None
