"""What each webhook says, one class each; by event type in `PAYLOADS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orchestrator.telnyx.payloads.base import Payload
from orchestrator.telnyx.payloads.conversations import (
    ConversationCreated,
    ConversationEnded,
    ConversationNotStarted,
    InsightsGenerated,
)
from orchestrator.telnyx.payloads.detections import (
    CallScreeningDetected,
    DeepfakeDetected,
    DeepfakeDetectionFailed,
    MachineDetectionEnded,
    MachineGreetingEnded,
    PremiumDetectionEnded,
    PremiumDetectionStarted,
    PremiumGreetingEnded,
)
from orchestrator.telnyx.payloads.legs import (
    CallAnswered,
    CallBridged,
    CallCost,
    CallHeld,
    CallHungUp,
    CallInitiated,
    CallUnheld,
)
from orchestrator.telnyx.payloads.queues import (
    CallDequeued,
    CallEnqueued,
)
from orchestrator.telnyx.payloads.recordings import (
    RecordingFailed,
    RecordingSaved,
    RecordingTranscribed,
    Transcription,
)
from orchestrator.telnyx.payloads.refers import (
    ReferCompleted,
    ReferFailed,
    ReferStarted,
)
from orchestrator.telnyx.payloads.sounds import (
    DtmfReceived,
    GatherEnded,
    PlaybackEnded,
    PlaybackStarted,
    SpeakEnded,
    SpeakStarted,
)
from orchestrator.telnyx.payloads.streams import (
    ForkStarted,
    ForkStopped,
    StreamingFailed,
    StreamingStarted,
    StreamingStopped,
)

_ALL: Final[tuple[type[Payload], ...]] = (
    CallInitiated,
    CallAnswered,
    CallBridged,
    CallHeld,
    CallUnheld,
    CallHungUp,
    CallCost,
    SpeakStarted,
    SpeakEnded,
    PlaybackStarted,
    PlaybackEnded,
    DtmfReceived,
    GatherEnded,
    MachineDetectionEnded,
    MachineGreetingEnded,
    PremiumDetectionStarted,
    PremiumDetectionEnded,
    PremiumGreetingEnded,
    CallScreeningDetected,
    DeepfakeDetected,
    DeepfakeDetectionFailed,
    RecordingSaved,
    RecordingFailed,
    RecordingTranscribed,
    Transcription,
    ForkStarted,
    ForkStopped,
    StreamingStarted,
    StreamingStopped,
    StreamingFailed,
    CallEnqueued,
    CallDequeued,
    ReferStarted,
    ReferCompleted,
    ReferFailed,
    ConversationCreated,
    ConversationEnded,
    ConversationNotStarted,
    InsightsGenerated,
)

PAYLOADS: Final[Mapping[str, type[Payload]]] = MappingProxyType({str(each.event_type): each for each in _ALL})


def read_payload(event_type: str, payload: Mapping[str, Any]) -> Payload:
    """Return a webhook's payload as what its type says it is; never raises for a JSON object.

    What cannot be read is None; a type that is newer than this release is a plain Payload with everything in
    `model_extra`.
    """
    return PAYLOADS.get(event_type, Payload).model_validate(payload)


__all__ = [
    "PAYLOADS",
    "CallAnswered",
    "CallBridged",
    "CallCost",
    "CallDequeued",
    "CallEnqueued",
    "CallHeld",
    "CallHungUp",
    "CallInitiated",
    "CallScreeningDetected",
    "CallUnheld",
    "ConversationCreated",
    "ConversationEnded",
    "ConversationNotStarted",
    "DeepfakeDetected",
    "DeepfakeDetectionFailed",
    "DtmfReceived",
    "ForkStarted",
    "ForkStopped",
    "GatherEnded",
    "InsightsGenerated",
    "MachineDetectionEnded",
    "MachineGreetingEnded",
    "Payload",
    "PlaybackEnded",
    "PlaybackStarted",
    "PremiumDetectionEnded",
    "PremiumDetectionStarted",
    "PremiumGreetingEnded",
    "RecordingFailed",
    "RecordingSaved",
    "RecordingTranscribed",
    "ReferCompleted",
    "ReferFailed",
    "ReferStarted",
    "SpeakEnded",
    "SpeakStarted",
    "StreamingFailed",
    "StreamingStarted",
    "StreamingStopped",
    "Transcription",
    "read_payload",
]
