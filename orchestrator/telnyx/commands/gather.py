"""Collecting digits: silently, after speech, after audio; and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, exclusive, one_of, unset_means
from orchestrator.telnyx.commands.playback import MediaName
from orchestrator.telnyx.commands.speak import Spoken
from orchestrator.telnyx.commands.values import (
    DigitCount,
    DigitTimeoutMillis,
    FileName,
    HttpUrl,
    PositiveMillis,
    Speech,
    TerminatingDigit,
    Tries,
    ValidDigits,
)
from orchestrator.telnyx.event_types import EventType


class Digits(Part):
    """Which digits end a gather; the carrier's defaults are 1..128 digits, 5 s between them, 60 s in all, `#` ends.

    An empty `terminating_digit` switches it off (met in the field, in no document).
    """

    minimum_digits: DigitCount | None = unset_means(1)
    maximum_digits: DigitCount | None = unset_means(128)
    inter_digit_timeout_millis: DigitTimeoutMillis | None = unset_means(5000)
    timeout_millis: PositiveMillis | None = unset_means(60000)
    terminating_digit: TerminatingDigit | None = unset_means("#")
    valid_digits: ValidDigits | None = unset_means("0123456789#*")

    def problems(self) -> Iterator[Problem]:
        """Yield a minimum above the maximum."""
        yield from super().problems()
        if (self.minimum_digits or 1) > (self.maximum_digits or 128):
            yield Problem("minimum_digits", "is above maximum_digits")


class _Gathering(RepeatableCommand, Digits):
    expects: ClassVar[frozenset[str]] = frozenset({EventType.DTMF_RECEIVED, EventType.GATHER_ENDED})
    ended_by: ClassVar[str | None] = EventType.GATHER_ENDED
    stopped_by: ClassVar[str | None] = "gather_stop"


class Gather(_Gathering):
    """Collect digits without a prompt; `gather_id` comes back in the ending, the first digit has a wait of its own."""

    action: ClassVar[str] = "gather"

    gather_id: FileName | None = None
    initial_timeout_millis: DigitTimeoutMillis | None = unset_means(5000)


class GatherUsingSpeak(_Gathering, Spoken):
    """Say a text, then collect digits; the first digit interrupts it. `invalid_payload` is said before a next try."""

    action: ClassVar[str] = "gather_using_speak"

    invalid_payload: Speech | None = None
    maximum_tries: Tries | None = unset_means(3)


class GatherUsingAudio(_Gathering):
    """Play a file, then collect digits; the first digit interrupts it. The invalid pair plays before a next try."""

    action: ClassVar[str] = "gather_using_audio"
    expects: ClassVar[frozenset[str]] = _Gathering.expects | {EventType.PLAYBACK_STARTED, EventType.PLAYBACK_ENDED}

    audio_url: HttpUrl | None = None
    media_name: MediaName | None = None
    invalid_audio_url: HttpUrl | None = None
    invalid_media_name: MediaName | None = None
    maximum_tries: Tries | None = unset_means(3)

    def problems(self) -> Iterator[Problem]:
        """Yield a missing or second prompt."""
        yield from super().problems()
        yield from one_of(self, "audio_url", "media_name")
        yield from exclusive(self, "invalid_audio_url", "invalid_media_name")


class GatherStop(RepeatableCommand):
    """Stop a gather; it ends as cancelled."""

    action: ClassVar[str] = "gather_stop"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.GATHER_ENDED})
