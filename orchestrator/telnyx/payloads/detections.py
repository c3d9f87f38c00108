"""What the carrier thinks has answered: people, machines, call screening, synthetic voices."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.outcomes import AmdResult, GreetingResult
from orchestrator.telnyx.payloads.base import OrText, Payload


class DeepfakeResult(StrEnum):
    """Whether a voice is real; silence decides nothing."""

    REAL = "real"
    FAKE = "fake"
    SILENCE_TIMEOUT = "silence_timeout"


class DeepfakeFailure(StrEnum):
    """Why nothing is known of a voice."""

    DETECTION_TIMEOUT = "detection_timeout"
    RTP_TIMEOUT = "rtp_timeout"
    CONNECTION_ERROR = "dfd_connection_error"
    STREAM_ERROR = "dfd_stream_error"


class MachineDetectionEnded(Payload):
    """Standard detection: human, machine or not_sure."""

    event_type: ClassVar[EventType | None] = EventType.MACHINE_DETECTION_ENDED

    result: OrText[AmdResult] | None = None


class MachineGreetingEnded(Payload):
    """A machine may be spoken to: a beep, the greeting's end, or not_sure when the search ran out of time."""

    event_type: ClassVar[EventType | None] = EventType.MACHINE_GREETING_ENDED

    result: OrText[GreetingResult] | None = None


class PremiumDetectionStarted(Payload):
    """Premium detection listens (known to the official SDK only)."""

    event_type: ClassVar[EventType | None] = EventType.PREMIUM_DETECTION_STARTED


class PremiumDetectionEnded(Payload):
    """Premium detection; it never comes when the beep comes first."""

    event_type: ClassVar[EventType | None] = EventType.PREMIUM_DETECTION_ENDED

    result: OrText[AmdResult] | None = None


class PremiumGreetingEnded(Payload):
    """A machine's beep was heard, or not in time; `prompt_ended` only with detection of call screening."""

    event_type: ClassVar[EventType | None] = EventType.PREMIUM_GREETING_ENDED

    result: OrText[GreetingResult] | None = None


class CallScreeningDetected(Payload):
    """A phone screens its calls (known to the official SDK only); the one result is `screening`."""

    event_type: ClassVar[EventType | None] = EventType.PREMIUM_SCREENING_DETECTED

    result: str | None = None


class DeepfakeDetected(Payload):
    """Whether the voice is real, with a score and its consistency; both are null when nothing was heard."""

    event_type: ClassVar[EventType | None] = EventType.DEEPFAKE_RESULT

    consistency: float | None = None
    result: OrText[DeepfakeResult] | None = None
    score: float | None = None


class DeepfakeDetectionFailed(Payload):
    """Nothing is known of the voice."""

    event_type: ClassVar[EventType | None] = EventType.DEEPFAKE_ERROR

    error_message: OrText[DeepfakeFailure] | None = None
