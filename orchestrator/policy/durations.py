"""Durations as people write them in requests and files: "90s", "10m", "3h", "1d"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

WRITTEN_AS = {"type": "string", "pattern": "^[0-9]{1,9}[smhd]$", "examples": ["90s", "10m", "1d"]}
"""How a document says what a duration looks like (JSON Schema)."""

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` says; raise ValueError naming the form that is understood."""
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        raise ValueError(f'{text!r} is no duration; write a whole number and s, m, h or d, such as "90s" or "10m"')
    duration = timedelta(seconds=int(written[1]) * _SECONDS[written[2]])
    if duration > _LONGEST:
        raise ValueError(f"{text!r} is longer than 366 days")
    return duration


def format_duration(duration: timedelta) -> str:
    """Return `duration`, cut to whole seconds, in the largest unit that says it exactly."""
    seconds = int(duration.total_seconds())
    unit = next(unit for unit, size in _SECONDS.items() if seconds % size == 0 and (seconds >= size or size == 1))
    return f"{seconds // _SECONDS[unit]}{unit}"


def read_duration(value: Any) -> timedelta:
    """Return a document's value as a duration, for pydantic: text as in `parse_duration`, or a timedelta."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("duration", 'write a duration as text, such as "90s", "10m" or "1d"')
    try:
        return parse_duration(value)
    except ValueError as err:
        raise PydanticCustomError("duration", "{why}", {"why": str(err)}) from err


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(WRITTEN_AS),
]
