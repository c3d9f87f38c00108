"""Playing audio on a leg, and stopping what plays (speech too)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, one_of, unset_means
from orchestrator.telnyx.commands.values import Base64Text, HttpUrl, Legs, Loop, StopWhat
from orchestrator.telnyx.event_types import EventType

MediaName = Annotated[str, StringConstraints(min_length=1)]


class PlaybackStart(RepeatableCommand):
    """Play one source: an mp3 or wav URL, a file uploaded to the carrier, or base64 audio.

    Consecutive playbacks queue. `overlay` plays over a running one and only on the leg itself; `loop` is infinity or
    1..100 times (error 90009).
    """

    action: ClassVar[str] = "playback_start"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.PLAYBACK_STARTED, EventType.PLAYBACK_ENDED})
    ended_by: ClassVar[str | None] = EventType.PLAYBACK_ENDED
    stopped_by: ClassVar[str | None] = "playback_stop"

    audio_url: HttpUrl | None = None
    media_name: MediaName | None = None
    playback_content: Base64Text | None = None
    audio_type: Literal["mp3", "wav"] | None = unset_means("mp3")
    cache_audio: bool | None = unset_means(True)
    loop: Loop | None = None
    overlay: bool | None = unset_means(False)
    stop: StopWhat | None = None
    target_legs: Legs | None = unset_means("self")

    def problems(self) -> Iterator[Problem]:
        """Yield a missing or second source and an overlay on another leg."""
        yield from super().problems()
        yield from one_of(self, "audio_url", "media_name", "playback_content")
        if self.overlay and self.target_legs not in {None, "self"}:
            yield Problem("target_legs", "an overlay plays only on self")


class PlaybackStop(RepeatableCommand):
    """Stop what plays: the current file or speech, or all that is queued; `overlay` stops only overlays."""

    action: ClassVar[str] = "playback_stop"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.PLAYBACK_ENDED, EventType.SPEAK_ENDED})

    overlay: bool | None = unset_means(False)
    stop: StopWhat | None = unset_means("all")
