"""Connecting two legs that are both there already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, one_of, unset_means
from orchestrator.telnyx.commands.queue import QueueName
from orchestrator.telnyx.commands.shared_fields import RecordingFields
from orchestrator.telnyx.commands.values import Legs
from orchestrator.telnyx.event_types import EventType

Ringtone = Literal[
    "at", "au", "be", "bg", "br", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hu", "il", "in",
    "it", "jp", "lt", "mx", "my", "nl", "no", "nz", "ph", "pl", "pt", "ru", "se", "sg", "th", "tw", "uk", "us-old",
    "us", "ve", "za",
]  # fmt: skip


class Bridge(RepeatableCommand, RecordingFields):
    """Connect this leg with another leg, with the first caller of a queue, or with a video room.

    `call_control_id` is the other leg's; today's schema calls it required, its text names the three as alternatives.
    A queue's caller leaves the queue even when bridging fails; an empty queue is refused. When the bridge ends, the
    leg that is left is hung up unless `park_after_unbridge` or `hold_after_unbridge` keep it. Each leg gets its own
    `call.bridged`.
    """

    action: ClassVar[str] = "bridge"
    expects: ClassVar[frozenset[str]] = frozenset(
        {EventType.CALL_BRIDGED, EventType.CALL_DEQUEUED, EventType.RECORDING_SAVED, EventType.RECORDING_ERROR}
    )
    ended_by: ClassVar[str | None] = EventType.CALL_BRIDGED

    call_control_id: Annotated[str, StringConstraints(min_length=1)] | None = None
    queue: QueueName | None = None
    video_room_id: UUID | None = None
    hold_after_unbridge: bool | None = None
    mute_dtmf: Literal["none"] | Legs | None = unset_means("none")
    park_after_unbridge: Literal["self"] | None = None
    play_ringtone: bool | None = unset_means(False)
    prevent_double_bridge: bool | None = unset_means(False)
    ringtone: Ringtone | None = unset_means("us")
    video_room_context: str | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield nobody or two to bridge with, and a context for no room."""
        yield from super().problems()
        yield from one_of(self, "call_control_id", "queue", "video_room_id")
        if self.video_room_context is not None and self.video_room_id is None:
            yield Problem("video_room_context", "needs video_room_id")
