"""Waiting in a queue."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads.base import OrText, Payload


class DequeueReason(StrEnum):
    """Why a leg left its queue; after `leave` and `timeout` it stays parked."""

    BRIDGED = "bridged"
    BRIDGING = "bridging-in-process"
    HANGUP = "hangup"
    LEAVE = "leave"
    TIMEOUT = "timeout"


class CallEnqueued(Payload):
    """A leg waits in a queue, at a position counted from 1; the average wait is in seconds."""

    event_type: ClassVar[EventType | None] = EventType.CALL_ENQUEUED

    current_position: int | None = None
    queue: str | None = None
    queue_avg_wait_time_secs: int | None = None


class CallDequeued(Payload):
    """A leg left its queue, after a wait in seconds."""

    event_type: ClassVar[EventType | None] = EventType.CALL_DEQUEUED

    queue: str | None = None
    queue_position: int | None = None
    reason: OrText[DequeueReason] | None = None
    wait_time_secs: int | None = None
