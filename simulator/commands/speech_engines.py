"""The speech engines for transcriptions, and the schema of each one's settings."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.commands.base import Body
from simulator.schema.conditions import conflict
from simulator.schema.discriminated import Discriminated
from simulator.schema.errors import Problem
from simulator.schema.fields import Choice, Decimal, Field, Flag, Items, MapOf, Record, Text, Whole
from simulator.schema.languages import AZURE, GOOGLE, NOVA_2, WHISPER

ENGINES = (
    "Google", "Telnyx", "Deepgram", "Azure", "xAI", "AssemblyAI", "Speechmatics", "Soniox", "Parakeet", "Cohere",
    "Humain", "Reson8", "A", "B",
)  # fmt: skip

_OLD_NAMES = {"A": "Google", "B": "Telnyx"}
_DEEPGRAM_MODELS = ("deepgram/nova-2", "deepgram/nova-3")
_ANY = Choice((*ENGINES, *_DEEPGRAM_MODELS))

_NOVA_3 = (
    "en", "en-US", "en-AU", "en-GB", "en-IN", "en-NZ", "de", "nl", "sv", "sv-SE", "da", "da-DK", "es", "es-419", "fr",
    "fr-CA", "pt", "pt-BR", "pt-PT", "auto_detect",
)  # fmt: skip
_XAI = (
    "ar", "cs", "da", "de", "en", "es", "fa", "fil", "fr", "hi", "id", "it", "ja", "ko", "mk", "ms", "nl", "pl", "pt",
    "ro", "ru", "sv", "th", "tr", "vi",
)  # fmt: skip
_SPEECHMATICS = (
    "en", "ba", "eu", "gl", "ga", "mt", "mn", "sw", "ug", "cy", "ar_en", "cmn_en", "en_ms", "en_ta", "tl",
    "es-bilingual-en", "cmn_en_ms_ta",
)  # fmt: skip
_GOOGLE_MODELS = (
    "latest_long", "latest_short", "command_and_search", "phone_call", "video", "default", "medical_conversation",
    "medical_dictation",
)  # fmt: skip
_REGIONS = ("australiaeast", "centralindia", "eastus", "northcentralus", "westeurope", "westus2")
_TERMS = Items(Text(), maximum=100)


def _deepgram(model: str, **fields: Field) -> Record:
    # The public schema calls the engine Deepgram, the official SDK names its model.
    return Record(
        {
            "transcription_engine": Choice(("Deepgram", model)),
            "interim_results": Flag(),
            "keywords_boosting": MapOf(Decimal()),
            "smart_format": Flag(),
            "utterance_end_ms": Whole(minimum=0, maximum=5000),
            **fields,
        }
    )


_DEEPGRAM = Discriminated(
    by="transcription_model",
    of={
        "deepgram/nova-2": _deepgram("deepgram/nova-2", language=Choice(NOVA_2), hints=_TERMS),
        "deepgram/nova-3": _deepgram("deepgram/nova-3", language=Choice(_NOVA_3), keyterms=_TERMS),
    },
)

_SETTINGS: dict[str, Field] = {
    "Google": Record(
        {
            "enable_speaker_diarization": Flag(),
            "hints": Items(Text()),
            "interim_results": Flag(),
            "language": Choice(GOOGLE),
            "max_speaker_count": Whole(),
            "min_speaker_count": Whole(),
            "model": Choice(_GOOGLE_MODELS),
            "profanity_filter": Flag(),
            "speech_context": Items(Record({"boost": Decimal(minimum=0, maximum=20), "phrases": Items(Text())})),
            "use_enhanced": Flag(),
        }
    ),
    "Telnyx": Record(
        {
            "language": Choice(WHISPER),
            "transcription_model": Choice(("openai/whisper-tiny", "openai/whisper-large-v3-turbo")),
        }
    ),
    "Deepgram": _DEEPGRAM,
    "Azure": Record(
        {"api_key_ref": Text(), "language": Choice(AZURE), "region": Choice(_REGIONS, required=True)},
    ),
    "xAI": Record(
        {
            "interim_results": Flag(),
            "language": Choice(_XAI),
            "transcription_model": Choice(("xai/grok-stt",)),
        }
    ),
    "AssemblyAI": Record(
        {"interim_results": Flag(), "transcription_model": Choice(("assemblyai/universal-streaming",))},
    ),
    "Speechmatics": Record(
        {
            "interim_results": Flag(),
            "language": Choice(_SPEECHMATICS),
            "transcription_model": Choice(("speechmatics/standard",)),
        }
    ),
    "Soniox": Record(
        {
            "enable_endpoint_detection": Flag(),
            "interim_results": Flag(),
            "language": Text(),
            "max_endpoint_delay_ms": Whole(minimum=500, maximum=3000),
            "transcription_model": Choice(("soniox/stt-rt-v4",)),
        }
    ),
    "Parakeet": Record({"interim_results": Flag(), "transcription_model": Choice(("nvidia/parakeet-v3",))}),
    "Humain": Record(
        {
            "language": Choice(("ar", "en", "codeswitch", "auto")),
            "transcription_model": Choice(("humain/realtime",)),
        }
    ),
    "Reson8": Record(
        {
            "language": Choice(("auto", "nl", "en", "fr", "fy", "de", "it", "pl", "pt", "es", "sv")),
            "transcription_model": Choice(("reson8/turns",)),
        }
    ),
    "Cohere": Record({"language": Choice(("ar", "en")), "transcription_model": Choice(("cohere/ar-stt",))}),
}


def engine_name(written: str | None) -> str:
    """Return an engine's canonical name: A and none are Google, B is Telnyx, a Deepgram model is Deepgram."""
    name = written or "Google"
    return "Deepgram" if name in _DEEPGRAM_MODELS else _OLD_NAMES.get(name, name)


def settings_fit(body: Body, at: str) -> Iterator[Problem]:
    """Yield settings that belong to another engine, or else the invalid ones.

    Settings without an engine belong to `transcription_engine`.
    """
    settings = body.get("transcription_engine_config")
    if settings is None:
        return
    at += "/transcription_engine_config"
    named, own = body.get("transcription_engine"), settings.get("transcription_engine")
    if own is not None and (wrong := list(_ANY.problems(own, f"{at}/transcription_engine"))):
        yield from wrong
    elif None not in (named, own) and engine_name(named) != engine_name(own):
        yield conflict(at, f"is of {engine_name(own)}, transcription_engine says {engine_name(named)}")
    else:
        yield from _SETTINGS[engine_name(own or named)].problems(settings, at)
