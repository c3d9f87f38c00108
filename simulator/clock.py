"""The carrier's wall clock, which a test may skew."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The time in Unix seconds, wrong by `skew_s`."""

    def __init__(self) -> None:
        self.skew_s = 0.0

    def now(self) -> float:
        """Return Unix seconds of real time, never scaled: signatures carry it."""
        return time.time() + self.skew_s


def iso(at: float) -> str:
    """Return a time as the carrier writes it: UTC, microseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def http_date(at: float) -> str:
    """Return a time as an HTTP `Date`."""
    return datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
