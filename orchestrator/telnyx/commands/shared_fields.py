"""Fields that several commands share: headers, voice, webhooks, recording, streaming, and those of a leg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.answering_machines import AmdConfig, AmdMode
from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, exclusive, unset_means
from orchestrator.telnyx.commands.playback import MediaName
from orchestrator.telnyx.commands.transcribing import TranscriptionConfig
from orchestrator.telnyx.commands.values import (
    MAX_RETRY_MS_TOTAL,
    AudioFormat,
    Channels,
    Count,
    FileName,
    HttpMethod,
    HttpUrl,
    Legs,
    Track,
    WebsocketUrl,
)
from orchestrator.telnyx.event_types import EventType


class SipHeader(Part):
    """An extra SIP header."""

    name: str
    value: str


class UserToUser(Part):
    """The one standard header the carrier passes on."""

    name: Literal["User-to-User"]
    value: str


class SoundModifications(Part):
    """A changed voice: octaves -1..1, pitch above 0 (1 is unchanged), semitones -14..14."""

    octaves: Annotated[float, Field(ge=-1, le=1)] | None = unset_means(0)
    pitch: Annotated[float, Field(gt=0)] | None = unset_means(1)
    semitone: Annotated[float, Field(ge=-14, le=14)] | None = unset_means(0)
    track: str | None = unset_means("outbound")


class DeepfakeDetection(Part):
    """Deepfake detection; times in seconds (rtp 30, whole 15 unless set)."""

    enabled: bool
    rtp_timeout: Annotated[int, Field(ge=5, le=120)] | None = unset_means(30)
    timeout: Annotated[int, Field(ge=5, le=60)] | None = unset_means(15)


class WebhookRetries(Part):
    """Delays before each redelivery of one webhook type, in ms: at most five, 60 s in all."""

    retries_ms: Annotated[tuple[Count, ...], Field(max_length=5)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a sum of delays above the carrier's limit."""
        if sum(self.retries_ms or ()) > MAX_RETRY_MS_TOTAL:
            yield Problem("retries_ms", f"must sum to at most {MAX_RETRY_MS_TOTAL} ms")


class WebhookFields(Part):
    """`webhook_url` counts for the rest of the leg; the maps are per webhook type.

    A type has one address by the public schema of 2026-07-16, several by the official SDK; both are taken.
    """

    webhook_retries_policies: Mapping[str, WebhookRetries] | None = None
    webhook_url: HttpUrl | None = None
    webhook_url_method: HttpMethod | None = unset_means("POST")
    webhook_urls: Mapping[str, HttpUrl | Annotated[tuple[HttpUrl, ...], Field(min_length=1)]] | None = None
    webhook_urls_method: HttpMethod | None = unset_means("POST")


class RecordingFields(Part):
    """What is recorded from the answer on; lengths in seconds, at most 43,200, 0 for no limit.

    Unless set: dual channels, mp3, both tracks (public schema of 2026-07-16).
    """

    record: Literal["record-from-answer"] | None = None
    record_channels: Channels | None = unset_means("dual")
    record_custom_file_name: FileName | None = None
    record_format: AudioFormat | None = unset_means("mp3")
    record_max_length: Annotated[int, Field(ge=0, le=43_200)] | None = unset_means(0)
    record_timeout_secs: Count | None = unset_means(0)
    record_track: Track | None = unset_means("both")
    record_trim: Literal["trim-silence"] | None = None


class StreamFields(Part):
    """A websocket the carrier opens to `stream_url`; unless set, it sends the inbound track in the call's own codec.

    Audio that comes back is mp3, or RTP payloads in `stream_bidirectional_codec` (PCMU unless set; without meaning for
    mp3), played to the opposite leg unless `stream_bidirectional_target_legs` says otherwise.
    """

    stream_bidirectional_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"] | None = unset_means("PCMU")
    stream_bidirectional_mode: Literal["mp3", "rtp"] | None = unset_means("mp3")
    stream_bidirectional_target_legs: Legs | None = unset_means("opposite")
    stream_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"] | None = unset_means("default")
    stream_track: Literal["inbound_track", "outbound_track", "both_tracks"] | None = unset_means("inbound_track")
    stream_url: WebsocketUrl | None = None


class AnsweredLeg(StreamFields):
    """Fields for streaming, transcription and deepfake detection; `leg_events` are the webhooks they cause.

    `assistant` and `conversation_relay_config` belong to the carrier's AI features and are passed on as they are.
    """

    leg_events: ClassVar[frozenset[str]] = frozenset(
        {
            EventType.STREAMING_STARTED,
            EventType.STREAMING_STOPPED,
            EventType.STREAMING_FAILED,
            EventType.CALL_HELD,
            EventType.CALL_UNHELD,
            EventType.DEEPFAKE_RESULT,
            EventType.DEEPFAKE_ERROR,
            EventType.RECORDING_SAVED,
            EventType.RECORDING_ERROR,
            EventType.TRANSCRIPTION,
        }
    )

    assistant: Mapping[str, Any] | None = None
    billing_group_id: UUID | None = None
    conversation_relay_config: Mapping[str, Any] | None = None
    deepfake_detection: DeepfakeDetection | None = None
    send_silence_when_idle: bool | None = unset_means(False)
    transcription: bool | None = unset_means(False)
    transcription_config: TranscriptionConfig | None = None


# The carrier forbids none at all in no document: a contact without an extension is dialed all the same.
SendDigits = Annotated[str, StringConstraints(pattern=r"^[0-9A-DwW*#]*$", max_length=64)]
DisplayName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 \-_~!.+]*$", max_length=128)]


class NewLeg(RepeatableCommand, RecordingFields, WebhookFields):
    """The common fields of an outgoing leg: rings `timeout_secs` (5..600), lasts `time_limit_secs` (30..14400) at most.

    Limits: public schema of 2026-07-16.
    """

    expects: ClassVar[frozenset[str]] = frozenset(
        {
            EventType.CALL_INITIATED,
            EventType.CALL_ANSWERED,
            EventType.CALL_HANGUP,
            EventType.MACHINE_DETECTION_ENDED,
            EventType.MACHINE_GREETING_ENDED,
            EventType.PREMIUM_DETECTION_STARTED,
            EventType.PREMIUM_DETECTION_ENDED,
            EventType.PREMIUM_GREETING_ENDED,
            EventType.PREMIUM_SCREENING_DETECTED,
        }
    )

    answering_machine_detection: AmdMode | None = unset_means("disabled")
    answering_machine_detection_config: AmdConfig | None = None
    audio_url: HttpUrl | None = None
    media_name: MediaName | None = None
    custom_headers: tuple[SipHeader, ...] | None = None
    diversion: str | None = None
    from_display_name: DisplayName | None = None
    media_encryption: Literal["disabled", "SRTP", "DTLS"] | None = unset_means("disabled")
    park_after_unbridge: Literal["self"] | None = None
    preferred_codecs: str | None = None
    privacy: Literal["id", "none"] | None = None
    route_to_mobile: bool | None = None
    send_digits_on_answer: SendDigits | None = None
    sip_auth_password: str | None = None
    sip_auth_username: str | None = None
    sip_headers: tuple[UserToUser, ...] | None = None
    sip_region: Literal["US", "Europe", "Canada", "Australia", "Middle East"] | None = unset_means("US")
    sip_transport_protocol: Literal["UDP", "TCP", "TLS"] | None = unset_means("UDP")
    sound_modifications: SoundModifications | None = None
    time_limit_secs: Annotated[int, Field(ge=30, le=14_400)] | None = unset_means(14400)
    timeout_secs: Annotated[int, Field(ge=5, le=600)] | None = unset_means(30)

    def problems(self) -> Iterator[Problem]:
        """Yield a second source of audio."""
        yield from super().problems()
        yield from exclusive(self, "audio_url", "media_name")
