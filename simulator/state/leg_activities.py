"""What may run on a leg: plain data, and the interfaces of its player, gather, place in a queue and media output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(slots=True, eq=False, kw_only=True)
class Sound:
    """Something to play; `noun` names its webhooks, and a spoken prompt of a gather has none."""

    noun: Literal["speak", "playback"] | None
    seconds: float
    facts: Mapping[str, Any]
    words: str = ""
    failure: str | None = None
    on_start: Callable[[], None] | None = None
    on_end: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherPlan:
    """What a gather command asks for; seconds of simulated time."""

    gather_id: str
    min_digits: int = 1
    max_digits: int = 128
    valid_digits: str = "0123456789#*"
    terminating_digit: str = "#"
    first_digit_s: float = 5.0
    inter_digit_s: float = 5.0
    timeout_s: float = float("inf")
    tries: int = 1
    prompt: Callable[[], Sound] | None = None
    invalid_prompt: Callable[[], Sound] | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Transcription:
    """A running transcription; track `inbound` is what the callee says, `outbound` what is played to the callee."""

    tracks: frozenset[str]
    interim: bool
    said: int = 0


class Player(Protocol):
    """Plays the sounds of one leg in order."""

    @property
    def is_full(self) -> bool:
        """Whether the queue takes no more sounds."""

    @property
    def is_playing(self) -> bool:
        """Whether a sound is playing, overlays aside."""

    def queue(self, sound: Sound) -> None:
        """Play the sound after the queued ones."""

    def overlay(self, sound: Sound) -> None:
        """Play the sound at once, over the current one."""

    def stop(self, which: str, *, status: str = "cancelled") -> None:
        """End the current sound; with `all`, drop the queued ones, too."""

    def stop_overlays(self, *, status: str = "cancelled") -> None:
        """End every overlay."""

    def interrupt(self, sound: Sound) -> None:
        """Take one sound out, current or queued."""

    def close(self) -> None:
        """End everything because the call has ended."""

    def rest(self) -> None:
        """Leave the callee in silence."""


class Gather(Protocol):
    """A running gather."""

    def press(self, digit: str) -> None:
        """Take a digit."""

    def close(self, status: str) -> None:
        """End the gather with this status and the digits so far."""


class QueuePlace(Protocol):
    """A leg's place in a queue."""

    @property
    def queue_name(self) -> str:
        """The name of the queue."""

    def leave(self, reason: str) -> None:
        """Give up the place and send `call.dequeued` with this reason."""

    def forget(self) -> None:
        """Give up the place without a webhook, because the call itself is forgotten."""

    def hang_up(self) -> None:
        """Leave because the call ends, unless it was to keep its place."""


class MediaOutput(Protocol):
    """A stream or fork that carries a leg's audio elsewhere; a leg has at most one."""

    def end(self) -> None:
        """Stop, send the webhook and detach from the leg; ending twice is no error."""

    def press(self, digit: str) -> None:
        """Pass on a digit that was pressed on the leg."""
