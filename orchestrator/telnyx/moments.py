"""The carrier's times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def parse_moment(value: Any) -> datetime | None:
    """Return an ISO 8601 time of the carrier as an aware datetime (UTC where it names no zone), else None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
