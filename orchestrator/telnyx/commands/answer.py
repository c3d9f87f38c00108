"""Taking an incoming call, or turning it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from uuid import UUID

from orchestrator.telnyx.commands.base import RepeatableCommand, unset_means
from orchestrator.telnyx.commands.deepfakes import DeepfakeDetection
from orchestrator.telnyx.commands.headers import SipHeader, UserToUser
from orchestrator.telnyx.commands.recorded import Recorded
from orchestrator.telnyx.commands.reported import Reported
from orchestrator.telnyx.commands.sound import SoundModifications
from orchestrator.telnyx.commands.streamed import Streamed
from orchestrator.telnyx.commands.transcribing import TranscriptionConfig
from orchestrator.telnyx.event_types import EventType


class Answer(RepeatableCommand, Recorded, Streamed, Reported):
    """Answer an incoming leg, before any other command on it; refused on an outgoing one (90102).

    The HTTP answer carries a `recording_id` when recording begins with it. `assistant` and
    `conversation_relay_config` belong to the carrier's AI features and are passed on as they are.
    """

    action: ClassVar[str] = "answer"
    expects: ClassVar[frozenset[str]] = frozenset(
        {
            EventType.CALL_ANSWERED,
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
    ended_by: ClassVar[str | None] = EventType.CALL_ANSWERED

    assistant: Mapping[str, Any] | None = None
    billing_group_id: UUID | None = None
    conversation_relay_config: Mapping[str, Any] | None = None
    custom_headers: tuple[SipHeader, ...] | None = None
    deepfake_detection: DeepfakeDetection | None = None
    preferred_codecs: str | None = None
    send_silence_when_idle: bool | None = unset_means(False)
    sip_headers: tuple[UserToUser, ...] | None = None
    sound_modifications: SoundModifications | None = None
    transcription: bool | None = unset_means(False)
    transcription_config: TranscriptionConfig | None = None


class Reject(RepeatableCommand):
    """Turn away an incoming leg that has not been answered; the caller hears the SIP status of the cause.

    USER_BUSY is 486, CALL_REJECTED 603; the official SDK adds NOT_FOUND (404) and TEMPORARILY_UNAVAILABLE (480).
    """

    action: ClassVar[str] = "reject"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.CALL_HANGUP})
    ended_by: ClassVar[str | None] = EventType.CALL_HANGUP

    cause: Literal["CALL_REJECTED", "USER_BUSY", "NOT_FOUND", "TEMPORARILY_UNAVAILABLE"]
