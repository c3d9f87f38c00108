"""What answering and dialing share: what may be done with a leg of ours from its answer on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from orchestrator.telnyx.commands.base import unset_means
from orchestrator.telnyx.commands.deepfakes import DeepfakeDetection
from orchestrator.telnyx.commands.streamed import Streamed
from orchestrator.telnyx.commands.transcribing import TranscriptionConfig
from orchestrator.telnyx.event_types import EventType


class OwnLeg(Streamed):
    """Streaming, transcribing and telling real voices from made ones; `told` are the webhooks that come of it.

    `assistant` and `conversation_relay_config` belong to the carrier's AI features and are passed on as they are.
    """

    told: ClassVar[frozenset[str]] = frozenset(
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
