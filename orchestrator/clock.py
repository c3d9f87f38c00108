"""The one place that reads the wall clock; everything else is handed a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 the clock itself


def boot_seconds() -> float:
    """Return seconds of a clock that goes on while the machine is suspended: a frozen process sees its own age."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC with milliseconds and Z, the form of every time in the REST API."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
