"""The only module that reads the clock; all others receive a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(UTC)  # noqa: TID251 the clock itself


def unix_ms() -> float:
    """Return the milliseconds since 1970, to be held against the stamps of the streams."""
    return time.time() * 1000


def boot_seconds() -> float:
    """Return the seconds since boot; they advance while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC with milliseconds and Z, the form of every time in the REST API."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
