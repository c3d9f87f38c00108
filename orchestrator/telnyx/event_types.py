"""The names of every webhook the carrier's 30 commands can cause, and the families they form."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EventType(StrEnum):
    """One webhook's `event_type`; a type that is not here is recorded and moves nothing."""

    CALL_INITIATED = "call.initiated"
    CALL_ANSWERED = "call.answered"
    CALL_BRIDGED = "call.bridged"
    CALL_HANGUP = "call.hangup"
    DTMF_RECEIVED = "call.dtmf.received"
    GATHER_ENDED = "call.gather.ended"
    SPEAK_STARTED = "call.speak.started"
    SPEAK_ENDED = "call.speak.ended"
    PLAYBACK_STARTED = "call.playback.started"
    PLAYBACK_ENDED = "call.playback.ended"
    MACHINE_DETECTION_ENDED = "call.machine.detection.ended"
    MACHINE_GREETING_ENDED = "call.machine.greeting.ended"
    PREMIUM_DETECTION_STARTED = "call.machine.premium.detection.started"
    PREMIUM_DETECTION_ENDED = "call.machine.premium.detection.ended"
    PREMIUM_GREETING_ENDED = "call.machine.premium.greeting.ended"
    PREMIUM_SCREENING_DETECTED = "call.machine.premium.call_screening.detected"
    RECORDING_SAVED = "call.recording.saved"
    RECORDING_ERROR = "call.recording.error"
    RECORDING_TRANSCRIBED = "call.recording.transcription.saved"
    FORK_STARTED = "call.fork.started"
    FORK_STOPPED = "call.fork.stopped"
    STREAMING_STARTED = "streaming.started"
    STREAMING_STOPPED = "streaming.stopped"
    STREAMING_FAILED = "streaming.failed"
    REFER_STARTED = "call.refer.started"
    REFER_COMPLETED = "call.refer.completed"
    REFER_FAILED = "call.refer.failed"
    CALL_ENQUEUED = "call.enqueued"
    CALL_DEQUEUED = "call.dequeued"
    TRANSCRIPTION = "call.transcription"
    CALL_HELD = "call.hold"
    CALL_UNHELD = "call.unhold"
    CALL_COST = "call.cost"
    DEEPFAKE_RESULT = "call.deepfake_detection.result"
    DEEPFAKE_ERROR = "call.deepfake_detection.error"
    CONVERSATION_CREATED = "call.conversation.created"
    CONVERSATION_ENDED = "call.conversation.ended"
    CONVERSATION_START_FAILED = "call.conversation.start_failed"
    CONVERSATION_INSIGHTS = "call.conversation_insights.generated"


DETECTION_ENDED: Final = frozenset({EventType.MACHINE_DETECTION_ENDED, EventType.PREMIUM_DETECTION_ENDED})
GREETING_ENDED: Final = frozenset({EventType.MACHINE_GREETING_ENDED, EventType.PREMIUM_GREETING_ENDED})
LATE_FACTS: Final = frozenset(
    {EventType.RECORDING_SAVED, EventType.RECORDING_ERROR, EventType.RECORDING_TRANSCRIBED, EventType.CALL_COST}
)
