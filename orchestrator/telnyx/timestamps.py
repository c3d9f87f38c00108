"""Parsing of the carrier's timestamps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def parse_timestamp(value: Any) -> datetime | None:
    """Return an ISO 8601 time of the carrier as an aware datetime (UTC where it names no zone), else None.

    A year out of range is None: the database would store it and could not return it.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware if _FIRST <= aware < _LAST else None
