"""Putting a leg into a queue, and taking it out."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.base import RepeatableCommand, unset_means
from orchestrator.telnyx.event_types import EventType

QueueName = Annotated[str, StringConstraints(min_length=1)]


class Enqueue(RepeatableCommand):
    """Put the leg at the tail of a queue, which is created on first use; a bridged leg is unbridged.

    `max_size` counts callers, 100 unless set when the queue is created, and cannot change later (90037). After
    `max_wait_time_secs`, in seconds, the leg leaves the queue and stays parked; without it, it waits on. The carrier
    publishes no limits for either. Refused when the queue is full (90036) or the leg queued already (90038).
    """

    action: ClassVar[str] = "enqueue"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.CALL_ENQUEUED, EventType.CALL_DEQUEUED})
    ended_by: ClassVar[str | None] = EventType.CALL_DEQUEUED
    stopped_by: ClassVar[str | None] = "leave_queue"

    queue_name: QueueName
    keep_after_hangup: bool | None = unset_means(False)
    max_size: Annotated[int, Field(ge=1)] | None = unset_means(100)
    max_wait_time_secs: Annotated[int, Field(ge=1)] | None = None


class LeaveQueue(RepeatableCommand):
    """Take the leg out of its queue; it stays parked. Refused when it is in none (90035)."""

    action: ClassVar[str] = "leave_queue"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.CALL_DEQUEUED})
