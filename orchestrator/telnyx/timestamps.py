"""The carrier's times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def parse_moment(value: Any) -> datetime | None:
    """Return an ISO 8601 time of the carrier as an aware datetime (UTC where it names no zone), else None.

    One of another age is none: the database would take it and could not hand it out again.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware if _FIRST <= aware < _LAST else None
