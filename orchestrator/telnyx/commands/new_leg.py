"""What dialing and transferring share: everything a new outgoing leg can be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.answering_machines import AmdConfig, AmdMode
from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, exclusive, unset_means
from orchestrator.telnyx.commands.headers import SipHeader, UserToUser
from orchestrator.telnyx.commands.playback import MediaName
from orchestrator.telnyx.commands.recorded import Recorded
from orchestrator.telnyx.commands.reported import Reported
from orchestrator.telnyx.commands.sound import SoundModifications
from orchestrator.telnyx.commands.values import HttpUrl
from orchestrator.telnyx.event_types import EventType

# The carrier forbids none at all in no document: a contact without an extension is dialed all the same.
SendDigits = Annotated[str, StringConstraints(pattern=r"^[0-9A-DwW*#]*$", max_length=64)]
DisplayName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 \-_~!.+]*$", max_length=128)]


class NewLeg(RepeatableCommand, Recorded, Reported):
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
