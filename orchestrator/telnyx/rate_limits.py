"""Rate limits in the headers of the carrier's answers; names of headers are in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

# Whatever is larger is a Unix time, not a number of seconds to wait.
_LONGEST_WAIT_S: Final = 10_000_000.0
_LONGEST_NUMBER: Final = 40  # digits: more are no number of anything


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests allowed, requests left, and seconds until reset; None for a missing header."""

    limit: int | None
    remaining: int | None
    reset_s: float | None


def read_rate_limit(headers: Mapping[str, str], now: datetime) -> RateLimit | None:
    """Return the x-ratelimit-* headers, None without any; reset may be seconds or a Unix time (both are documented)."""
    limit = _number(headers.get("x-ratelimit-limit"))
    remaining = _number(headers.get("x-ratelimit-remaining"))
    reset = _wait(headers.get("x-ratelimit-reset"), now)
    if limit is None and remaining is None and reset is None:
        return None
    return RateLimit(_whole(limit), _whole(remaining), reset)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait: retry-after-ms, Retry-After (seconds or a date), else the reset when none is left."""
    if (millis := _number(headers.get("retry-after-ms"))) is not None:
        return millis / 1000
    if (text := headers.get("retry-after")) is not None:
        return _wait(text, now)
    if _number(headers.get("x-ratelimit-remaining")) == 0:
        return _wait(headers.get("x-ratelimit-reset"), now)
    return None


def _wait(text: str | None, now: datetime) -> float | None:
    if text is None:
        return None
    number = _number(text)
    if number is None:
        return _until_date(text, now)
    return number if number < _LONGEST_WAIT_S else max(0.0, number - now.timestamp())


def _until_date(text: str, now: datetime) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    # The carrier may send a list of windows; the first is the one in force.
    first = text.split(",")[0].strip()
    if not first.replace(".", "", 1).isdecimal() or not first.isascii() or len(first) > _LONGEST_NUMBER:
        return None
    return float(first)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
