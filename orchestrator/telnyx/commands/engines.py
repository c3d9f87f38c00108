"""The speech engines behind transcription: one model of settings each, selected by `transcription_engine`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from orchestrator.telnyx.commands.base import Part, unset_means
from orchestrator.telnyx.commands.languages import AzureLanguage, GoogleLanguage, Nova2Language, WhisperLanguage

Engine = Literal[
    "Google",
    "Telnyx",
    "Deepgram",
    "Azure",
    "xAI",
    "AssemblyAI",
    "Speechmatics",
    "Soniox",
    "Parakeet",
    "Humain",
    "Reson8",
    "Cohere",
    "A",
    "B",
]  # fmt: skip
Terms = Annotated[tuple[str, ...], Field(max_length=100)]
UtteranceEndMillis = Annotated[int, Field(ge=0, le=5000)]


class SpeechContext(Part):
    """Phrases to expect, with a boost of 0..20."""

    boost: Annotated[float, Field(ge=0, le=20)] | None = unset_means(1.0)
    phrases: tuple[str, ...] | None = unset_means(())


class GoogleEngine(Part):
    """Google's engine, also called A."""

    transcription_engine: Literal["Google", "A"] | None = None
    enable_speaker_diarization: bool | None = unset_means(False)
    hints: tuple[str, ...] | None = unset_means(())
    interim_results: bool | None = unset_means(False)
    language: GoogleLanguage | None = unset_means("en")
    max_speaker_count: int | None = unset_means(6)
    min_speaker_count: int | None = unset_means(2)
    model: (
        Literal[
            "latest_long",
            "latest_short",
            "command_and_search",
            "phone_call",
            "video",
            "default",
            "medical_conversation",
            "medical_dictation",
        ]
        | None
    ) = None
    profanity_filter: bool | None = unset_means(False)
    speech_context: tuple[SpeechContext, ...] | None = None
    use_enhanced: bool | None = unset_means(False)


class TelnyxEngine(Part):
    """The carrier's own engine, also called B."""

    transcription_engine: Literal["Telnyx", "B"] | None = None
    language: WhisperLanguage | None = unset_means("en")
    transcription_model: Literal["openai/whisper-tiny", "openai/whisper-large-v3-turbo"] | None = unset_means(
        "openai/whisper-tiny"
    )


class DeepgramNova2Engine(Part):
    """Deepgram's second model; `utterance_end_ms` is 0..5000 (engine: the public schema's word, then the SDK's)."""

    nullable: ClassVar[frozenset[str]] = frozenset({"keywords_boosting"})

    transcription_engine: Literal["Deepgram", "deepgram/nova-2"]
    transcription_model: Literal["deepgram/nova-2"]
    hints: Terms | None = unset_means(())
    interim_results: bool | None = unset_means(False)
    keywords_boosting: Mapping[str, float] | None = None
    language: Nova2Language | None = unset_means("en")
    smart_format: bool | None = unset_means(True)
    utterance_end_ms: UtteranceEndMillis | None = unset_means(1000)


class DeepgramNova3Engine(Part):
    """Deepgram's third model; `utterance_end_ms` is 0..5000 (engine: the public schema's word, then the SDK's)."""

    nullable: ClassVar[frozenset[str]] = frozenset({"keywords_boosting"})

    transcription_engine: Literal["Deepgram", "deepgram/nova-3"]
    transcription_model: Literal["deepgram/nova-3"]
    interim_results: bool | None = unset_means(False)
    keyterms: Terms | None = unset_means(())
    keywords_boosting: Mapping[str, float] | None = None
    language: (
        Literal[
            "en", "en-US", "en-AU", "en-GB", "en-IN", "en-NZ", "de", "nl", "sv", "sv-SE",
            "da", "da-DK", "es", "es-419", "fr", "fr-CA", "pt", "pt-BR", "pt-PT", "auto_detect",
        ]
        | None
    ) = unset_means("en")  # fmt: skip
    smart_format: bool | None = unset_means(True)
    utterance_end_ms: UtteranceEndMillis | None = unset_means(1000)


class AzureEngine(Part):
    """Microsoft's engine."""

    transcription_engine: Literal["Azure"]
    region: Literal["australiaeast", "centralindia", "eastus", "northcentralus", "westeurope", "westus2"]
    api_key_ref: str | None = None
    language: AzureLanguage | None = unset_means("en")


class XaiEngine(Part):
    """xAI's engine."""

    transcription_engine: Literal["xAI"] | None = None
    interim_results: bool | None = unset_means(False)
    language: (
        Literal[
            "ar", "cs", "da", "de", "en", "es", "fa", "fil", "fr", "hi", "id", "it", "ja",
            "ko", "mk", "ms", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "vi",
        ]
        | None
    ) = unset_means("en")  # fmt: skip
    transcription_model: Literal["xai/grok-stt"] | None = unset_means("xai/grok-stt")


class AssemblyAiEngine(Part):
    """AssemblyAI's engine."""

    transcription_engine: Literal["AssemblyAI"] | None = None
    interim_results: bool | None = unset_means(False)
    transcription_model: Literal["assemblyai/universal-streaming"] | None = unset_means(
        "assemblyai/universal-streaming"
    )


class SpeechmaticsEngine(Part):
    """Speechmatics' engine."""

    transcription_engine: Literal["Speechmatics"] | None = None
    interim_results: bool | None = unset_means(False)
    language: (
        Literal[
            "en", "ba", "eu", "gl", "ga", "mt", "mn", "sw", "ug", "cy", "ar_en", "cmn_en",
            "en_ms", "en_ta", "tl", "es-bilingual-en", "cmn_en_ms_ta",
        ]
        | None
    ) = unset_means("en")  # fmt: skip
    transcription_model: Literal["speechmatics/standard"] | None = unset_means("speechmatics/standard")


class SonioxEngine(Part):
    """Soniox's engine; `max_endpoint_delay_ms` is 500..3000."""

    transcription_engine: Literal["Soniox"]
    enable_endpoint_detection: bool | None = unset_means(False)
    interim_results: bool | None = unset_means(False)
    language: str | None = unset_means("auto")
    max_endpoint_delay_ms: Annotated[int, Field(ge=500, le=3000)] | None = None
    transcription_model: Literal["soniox/stt-rt-v4"] | None = unset_means("soniox/stt-rt-v4")


class ParakeetEngine(Part):
    """Nvidia's engine."""

    transcription_engine: Literal["Parakeet"] | None = None
    interim_results: bool | None = unset_means(False)
    transcription_model: Literal["nvidia/parakeet-v3"] | None = unset_means("nvidia/parakeet-v3")


class HumainEngine(Part):
    """Humain's engine, Arabic and English (known to the official SDK only)."""

    transcription_engine: Literal["Humain"] | None = None
    language: Literal["ar", "en", "codeswitch", "auto"] | None = None
    transcription_model: Literal["humain/realtime"] | None = None


class Reson8Engine(Part):
    """Reson8's engine (known to the official SDK only)."""

    transcription_engine: Literal["Reson8"] | None = None
    language: Literal["auto", "nl", "en", "fr", "fy", "de", "it", "pl", "pt", "es", "sv"] | None = unset_means("auto")
    transcription_model: Literal["reson8/turns"] | None = None


class CohereEngine(Part):
    """Cohere's engine, Arabic and English (known to the official SDK only)."""

    transcription_engine: Literal["Cohere"] | None = None
    language: Literal["ar", "en"] | None = None
    transcription_model: Literal["cohere/ar-stt"] | None = None


def engine_name(written: str | None) -> str:
    """Return an engine's one name: A is Google, B the carrier's own, a Deepgram model is Deepgram; none is Google."""
    name = written or "Google"
    return "Deepgram" if name.startswith("deepgram/") else {"A": "Google", "B": "Telnyx"}.get(name, name)


def _shape(value: Any) -> str:
    given = value if isinstance(value, Mapping) else vars(value) if isinstance(value, Part) else {}
    engine = engine_name(str(given.get("transcription_engine") or ""))
    return str(given.get("transcription_model") or "") if engine == "Deepgram" else engine


EngineConfig = Annotated[
    Annotated[GoogleEngine, Tag("Google")]
    | Annotated[TelnyxEngine, Tag("Telnyx")]
    | Annotated[DeepgramNova2Engine, Tag("deepgram/nova-2")]
    | Annotated[DeepgramNova3Engine, Tag("deepgram/nova-3")]
    | Annotated[AzureEngine, Tag("Azure")]
    | Annotated[XaiEngine, Tag("xAI")]
    | Annotated[AssemblyAiEngine, Tag("AssemblyAI")]
    | Annotated[SpeechmaticsEngine, Tag("Speechmatics")]
    | Annotated[SonioxEngine, Tag("Soniox")]
    | Annotated[ParakeetEngine, Tag("Parakeet")]
    | Annotated[HumainEngine, Tag("Humain")]
    | Annotated[Reson8Engine, Tag("Reson8")]
    | Annotated[CohereEngine, Tag("Cohere")],
    Discriminator(
        _shape,
        custom_error_type="engine",
        custom_error_message="transcription_engine (for Deepgram: transcription_model) names no engine of the carrier",
    ),
]
