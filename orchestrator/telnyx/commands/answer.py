"""Answering or rejecting an incoming call."""

from __future__ import annotations

from typing import ClassVar, Literal

from orchestrator.telnyx.commands.base import RepeatableCommand
from orchestrator.telnyx.commands.shared_fields import (
    AnsweredLeg,
    RecordingFields,
    SipHeader,
    SoundModifications,
    UserToUser,
    WebhookFields,
)
from orchestrator.telnyx.event_types import EventType


class Answer(RepeatableCommand, RecordingFields, AnsweredLeg, WebhookFields):
    """Answer an incoming leg, before any other command on it; refused on an outgoing one (90102).

    The HTTP answer carries a `recording_id` when recording begins with it.
    """

    action: ClassVar[str] = "answer"
    expects: ClassVar[frozenset[str]] = AnsweredLeg.leg_events | {EventType.CALL_ANSWERED}
    ended_by: ClassVar[str | None] = EventType.CALL_ANSWERED

    custom_headers: tuple[SipHeader, ...] | None = None
    preferred_codecs: str | None = None
    sip_headers: tuple[UserToUser, ...] | None = None
    sound_modifications: SoundModifications | None = None


class Reject(RepeatableCommand):
    """Turn away an incoming leg that has not been answered; the caller gets the SIP status of the cause.

    USER_BUSY is 486, CALL_REJECTED 603; the official SDK adds NOT_FOUND (404) and TEMPORARILY_UNAVAILABLE (480).
    """

    action: ClassVar[str] = "reject"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.CALL_HANGUP})
    ended_by: ClassVar[str | None] = EventType.CALL_HANGUP

    cause: Literal["CALL_REJECTED", "USER_BUSY", "NOT_FOUND", "TEMPORARILY_UNAVAILABLE"]
