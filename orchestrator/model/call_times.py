"""How long a call rang and how long it was talked in, by its measured times."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Times(Protocol):
    """A call's times; one that has not come is None."""

    @property
    def dialed_at(self) -> datetime | None:
        """When it was dialed."""

    @property
    def answered_at(self) -> datetime | None:
        """When it was answered."""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""


def ring_s(call: Times) -> float | None:
    """Return the seconds from the dial to the answer, or to the end of a call that nobody answered."""
    return _seconds(call.dialed_at, call.answered_at or call.ended_at)


def talk_s(call: Times) -> float | None:
    """Return the seconds from the answer to the end."""
    return _seconds(call.answered_at, call.ended_at)


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    return round(max(0.0, (until - since).total_seconds()), 3) if since and until else None
