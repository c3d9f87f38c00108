"""Settings of the voice behind `speak`: one model per provider, selected by `type`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from orchestrator.telnyx.commands.base import Part, unset_means
from orchestrator.telnyx.commands.languages import BoostedLanguage
from orchestrator.telnyx.commands.values import AudioFormat


class ElevenLabsVoice(Part):
    """ElevenLabs; `api_key_ref` names a secret kept at the carrier."""

    type: Literal["elevenlabs"]
    api_key_ref: str | None = None


class TelnyxVoice(Part):
    """The carrier's own voices; `voice_speed` is a factor."""

    type: Literal["telnyx"]
    voice_speed: Annotated[float, Field(ge=0.1, le=2.0)] | None = unset_means(1.0)


class AwsVoice(Part):
    """Amazon's voices, which have no settings."""

    type: Literal["aws"]


class MinimaxVoice(Part):
    """Minimax; `speed` and `vol` are factors, `pitch` is in semitones."""

    nullable: ClassVar[frozenset[str]] = frozenset({"language_boost"})

    type: Literal["minimax"]
    language_boost: BoostedLanguage | None = None
    pitch: int | None = unset_means(0)
    speed: float | None = unset_means(1.0)
    vol: float | None = unset_means(1.0)


class AzureVoice(Part):
    """Microsoft's voices."""

    type: Literal["azure"]
    api_key_ref: str | None = None
    deployment_id: str | None = None
    effect: Literal["eq_car", "eq_telecomhp8k"] | None = None
    gender: Literal["Male", "Female"] | None = None
    region: str | None = None


class RimeVoice(Part):
    """Rime; `voice_speed` is a factor."""

    type: Literal["rime"]
    voice_speed: float | None = unset_means(1.0)


class ResembleVoice(Part):
    """Resemble; `sample_rate` is in Hz, as text."""

    type: Literal["resemble"]
    format: AudioFormat | None = unset_means("mp3")
    precision: Literal["PCM_16", "PCM_24", "PCM_32", "MULAW"] | None = unset_means("PCM_32")
    sample_rate: Literal["8000", "16000", "22050", "32000", "44100", "48000"] | None = unset_means("48000")


class InworldVoice(Part):
    """Inworld."""

    type: Literal["inworld"]
    delivery_mode: Literal["STABLE", "BALANCED", "CREATIVE"] | None = None


class XaiVoice(Part):
    """xAI."""

    type: Literal["xai"]
    language: str | None = unset_means("auto")


def _provider(value: Any) -> str | None:
    provider = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    return provider if isinstance(provider, str) else None


VoiceSettings = Annotated[
    Annotated[ElevenLabsVoice, Tag("elevenlabs")]
    | Annotated[TelnyxVoice, Tag("telnyx")]
    | Annotated[AwsVoice, Tag("aws")]
    | Annotated[MinimaxVoice, Tag("minimax")]
    | Annotated[AzureVoice, Tag("azure")]
    | Annotated[RimeVoice, Tag("rime")]
    | Annotated[ResembleVoice, Tag("resemble")]
    | Annotated[InworldVoice, Tag("inworld")]
    | Annotated[XaiVoice, Tag("xai")],
    Discriminator(
        _provider,
        custom_error_type="provider",
        custom_error_message="type must be elevenlabs, telnyx, aws, minimax, azure, rime, resemble, inworld or xai",
    ),
]
