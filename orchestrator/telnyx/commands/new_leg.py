"""What dialing and transferring share: everything a new outgoing leg can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.answering_machines import AmdConfig, AmdMode
from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, exclusive
from orchestrator.telnyx.commands.headers import SipHeader, UserToUser
from orchestrator.telnyx.commands.playback import MediaName
from orchestrator.telnyx.commands.values import (
    MAX_RETRY_MS_TOTAL,
    AudioFormat,
    Channels,
    Count,
    FileName,
    HttpMethod,
    HttpUrl,
    Tones,
    Track,
)
from orchestrator.telnyx.event_types import EventType

SendDigits = Annotated[Tones, StringConstraints(max_length=64)]
DisplayName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 \-_~!.+]*$", max_length=128)]


class SoundModifications(Part):
    """A changed voice: octaves -1..1, pitch above 0 (1 is unchanged), semitones -14..14."""

    octaves: Annotated[float, Field(ge=-1, le=1)] | None = None
    pitch: Annotated[float, Field(gt=0)] | None = None
    semitone: Annotated[float, Field(ge=-14, le=14)] | None = None
    track: str | None = None


class WebhookRetries(Part):
    """Delays before each redelivery of one webhook type, in ms: at most five, 60 s in all."""

    retries_ms: Annotated[tuple[Count, ...], Field(max_length=5)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a sum of delays above the carrier's limit."""
        if sum(self.retries_ms or ()) > MAX_RETRY_MS_TOTAL:
            yield Problem("retries_ms", f"must sum to at most {MAX_RETRY_MS_TOTAL} ms")


class NewLeg(RepeatableCommand):
    """The common fields of an outgoing leg: rings `timeout_secs` (5..600), lasts `time_limit_secs` (30..14400) at most.

    Recording lengths are seconds, at most 43,200, 0 for no limit. Limits: public schema of 2026-07-16.
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

    answering_machine_detection: AmdMode | None = None
    answering_machine_detection_config: AmdConfig | None = None
    audio_url: HttpUrl | None = None
    media_name: MediaName | None = None
    custom_headers: tuple[SipHeader, ...] | None = None
    diversion: str | None = None
    from_display_name: DisplayName | None = None
    media_encryption: Literal["disabled", "SRTP", "DTLS"] | None = None
    park_after_unbridge: Literal["self"] | None = None
    preferred_codecs: str | None = None
    privacy: Literal["id", "none"] | None = None
    record: Literal["record-from-answer"] | None = None
    record_channels: Channels | None = None
    record_custom_file_name: FileName | None = None
    record_format: AudioFormat | None = None
    record_max_length: Annotated[int, Field(ge=0, le=43_200)] | None = None
    record_timeout_secs: Count | None = None
    record_track: Track | None = None
    record_trim: Literal["trim-silence"] | None = None
    route_to_mobile: bool | None = None
    send_digits_on_answer: SendDigits | None = None
    sip_auth_password: str | None = None
    sip_auth_username: str | None = None
    sip_headers: tuple[UserToUser, ...] | None = None
    sip_region: Literal["US", "Europe", "Canada", "Australia", "Middle East"] | None = None
    sip_transport_protocol: Literal["UDP", "TCP", "TLS"] | None = None
    sound_modifications: SoundModifications | None = None
    time_limit_secs: Annotated[int, Field(ge=30, le=14_400)] | None = None
    timeout_secs: Annotated[int, Field(ge=5, le=600)] | None = None
    webhook_retries_policies: Mapping[str, WebhookRetries] | None = None
    webhook_url: HttpUrl | None = None
    webhook_url_method: HttpMethod | None = None
    webhook_urls: Mapping[str, tuple[HttpUrl, ...]] | None = None
    webhook_urls_method: HttpMethod | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a second source of audio."""
        yield from super().problems()
        yield from exclusive(self, "audio_url", "media_name")
