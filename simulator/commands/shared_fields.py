"""Fields that several commands share."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.commands.base import Body
from simulator.commands.voices import VOICE_SETTINGS
from simulator.schema.addresses import Phone, Url, Uuid
from simulator.schema.conditions import ascending, conflict
from simulator.schema.errors import Problem
from simulator.schema.fields import Base64, Choice, Field, Flag, Items, Loop, Record, Text, Whole

IDENTITY: dict[str, Field] = {
    "client_state": Base64(code="90017"),
    "command_id": Text(minimum=1),
}

LANGUAGES = (
    "arb", "cmn-CN", "cy-GB", "da-DK", "de-DE", "en-AU", "en-GB", "en-GB-WLS", "en-IN", "en-US", "es-ES", "es-MX",
    "es-US", "fr-CA", "fr-FR", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR",
    "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
)  # fmt: skip

SPEECH: dict[str, Field] = {
    "payload": Text(required=True, minimum=1, maximum=3000, code="90010"),
    "voice": Text(required=True, minimum=1),
    "language": Choice(LANGUAGES),
    "payload_type": Choice(("text", "ssml")),
    "service_level": Choice(("basic", "premium")),
    "voice_settings": VOICE_SETTINGS,
}


def basic_service_limits(body: Body, at: str) -> Iterator[Problem]:
    """Yield what the basic service level does not support (public schema of 2026-07-16)."""
    if body.get("service_level") != "basic":
        return
    if body.get("payload_type") == "ssml":
        yield conflict(f"{at}/payload_type", "must be text at service_level basic")
    if body.get("language") not in {None, "en-US"}:
        yield conflict(f"{at}/language", "must be en-US at service_level basic")


AUDIO: dict[str, Field] = {
    "audio_url": Url(),
    "media_name": Text(minimum=1),
}

LOOP: dict[str, Field] = {"loop": Loop()}

STOP: dict[str, Field] = {"stop": Choice(("current", "all"))}

LEGS: dict[str, Field] = {"target_legs": Choice(("self", "opposite", "both"))}

DIGITS: dict[str, Field] = {
    "inter_digit_timeout_millis": Whole(minimum=1, maximum=120_000, code="90026"),
    "maximum_digits": Whole(minimum=1, maximum=128, code="90023"),
    "minimum_digits": Whole(minimum=1, maximum=128, code="90022"),
    "terminating_digit": Text(maximum=1, chars="0-9*#", code="90007"),  # "" disables it, as clients send it
    "timeout_millis": Whole(minimum=1),
    "valid_digits": Text(minimum=1, chars="0-9*#", code="90008"),
}

DIGITS_ASCEND = ascending("minimum_digits", "maximum_digits", defaults=(1, 128), code="90022")

TRIES: dict[str, Field] = {"maximum_tries": Whole(minimum=1, maximum=128, code="90024")}

CUSTOM_HEADERS: dict[str, Field] = {
    "custom_headers": Items(Record(fields={"name": Text(required=True), "value": Text(required=True)})),
}

SIP_HEADERS: dict[str, Field] = {
    "sip_headers": Items(
        Record(fields={"name": Choice(("User-to-User",), required=True), "value": Text(required=True)})
    ),
}

RECORD_FROM_ANSWER: dict[str, Field] = {
    "record": Choice(("record-from-answer",)),
    "record_channels": Choice(("single", "dual")),
    "record_custom_file_name": Text(minimum=1, maximum=40),
    "record_format": Choice(("wav", "mp3")),
    "record_max_length": Whole(minimum=0, maximum=43_200),
    "record_timeout_secs": Whole(minimum=0, code="90049"),
    "record_track": Choice(("both", "inbound", "outbound")),
    "record_trim": Choice(("trim-silence",)),
}

DESTINATION = Phone(required=True)
CALLER_ID = Phone(sip=False, keyed=False)


CONFERENCE = Record(
    {
        "beep_enabled": Choice(("always", "never", "on_enter", "on_exit")),
        "conference_name": Text(),
        "early_media": Flag(),
        "end_conference_on_exit": Flag(),
        "hold": Flag(),
        "hold_audio_url": Url(),
        "hold_media_name": Text(),
        "id": Uuid(),
        "mute": Flag(),
        "soft_end_conference_on_exit": Flag(),
        "start_conference_on_create": Flag(),
        "start_conference_on_enter": Flag(),
        "supervisor_role": Choice(("barge", "monitor", "none", "whisper")),
        "whisper_call_control_ids": Items(Text()),
    }
)


DEEPFAKE: dict[str, Field] = {
    "deepfake_detection": Record(
        fields={
            "enabled": Flag(required=True),
            "rtp_timeout": Whole(minimum=5, maximum=120),
            "timeout": Whole(minimum=5, maximum=60),
        }
    ),
}
