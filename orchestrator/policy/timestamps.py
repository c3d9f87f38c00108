"""Timestamps in requests and answers: RFC 3339, always with an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FORM = 'write a time as RFC 3339 with its offset, such as "2027-03-01T09:00:00-05:00"'
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_YEARS = f"{_FIRST_YEAR} to {_LAST_YEAR}"


def parse_timestamp(text: str) -> datetime:
    """Return `text` as a UTC datetime; raises ValueError for any other form and for a missing offset."""
    written = _RFC3339.fullmatch(text.strip())
    if written is None:
        raise ValueError(f"{text!r}: {_FORM}")
    try:
        return datetime.fromisoformat(_within_microseconds(text.strip().upper(), written[2])).astimezone(UTC)
    except (ValueError, OverflowError) as err:
        raise ValueError(f"{text!r} is no moment of the calendar") from err


def not_before(moment: datetime) -> datetime:
    """Return the first whole millisecond at or behind `moment`: written in milliseconds, it is no earlier."""
    return moment + timedelta(microseconds=-moment.microsecond % 1000)


def _within_microseconds(text: str, fraction: str | None) -> str:
    return text if fraction is None else text.replace(fraction, fraction[:7])


def format_timestamp(moment: datetime) -> str:
    """Return `moment` in UTC with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "{why}", {"why": _FORM})
    try:
        return parse_timestamp(value)
    except ValueError as err:
        raise PydanticCustomError("moment", "{why}", {"why": str(err)}) from err


def _within_clocks(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise PydanticCustomError("moment", "{why}", {"why": f"write a time of the years {_YEARS}"})
    return moment


Moment = Annotated[
    datetime,
    BeforeValidator(_read),
    PlainSerializer(format_timestamp, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
MomentToCall = Annotated[Moment, AfterValidator(_within_clocks)]
"""A moment of which is asked what may be called then: the days around it exist on every clock."""
