"""Text to speech on a leg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, unset_means
from orchestrator.telnyx.commands.values import (
    Legs,
    Loop,
    ServiceLevel,
    Speech,
    SpeechLanguage,
    SpeechType,
    StopWhat,
)
from orchestrator.telnyx.commands.voices import VoiceSettings
from orchestrator.telnyx.event_types import EventType

VoiceName = Annotated[str, StringConstraints(min_length=1)]


class Spoken(Part):
    """What is said and by whom: `payload` up to 3,000 characters, `voice` female, male or `Provider.Model.Voice`.

    `service_level` basic knows only en-US and plain text (public schema of 2026-07-16).
    """

    payload: Speech
    voice: VoiceName
    language: SpeechLanguage | None = None
    payload_type: SpeechType | None = unset_means("text")
    service_level: ServiceLevel | None = unset_means("premium")
    voice_settings: VoiceSettings | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield what the basic service level cannot say."""
        yield from super().problems()
        if self.service_level == "basic" and self.payload_type == "ssml":
            yield Problem("payload_type", "service_level basic speaks only text")
        if self.service_level == "basic" and self.language not in {None, "en-US"}:
            yield Problem("language", "service_level basic speaks only en-US")


class Speak(RepeatableCommand, Spoken):
    """Say a text; consecutive ones queue, `stop` first ends what plays. `loop` is infinity or 1..100 times."""

    action: ClassVar[str] = "speak"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.SPEAK_STARTED, EventType.SPEAK_ENDED})
    ended_by: ClassVar[str | None] = EventType.SPEAK_ENDED
    stopped_by: ClassVar[str | None] = "playback_stop"

    loop: Loop | None = None
    stop: StopWhat | None = None
    target_legs: Legs | None = unset_means("self")
