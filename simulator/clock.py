"""The carrier's wall clock, which a test may set wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Tells the time in Unix seconds; `skew_s` is how far it is wrong."""

    def __init__(self) -> None:
        self.skew_s = 0.0

    def now(self) -> float:
        """Return Unix seconds, never scaled: signatures are judged by it."""
        return time.time() + self.skew_s


def iso(at: float) -> str:
    """Return the carrier's spelling of an instant: UTC, microseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def http_date(at: float) -> str:
    """Return the instant as an HTTP `Date`."""
    return datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
