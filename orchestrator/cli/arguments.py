"""Reads what the command line is given: name=value pairs, times, and who gives it."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from orchestrator.errors import FieldError, InvalidInput

NONE: Final = "none"
_YEARS: Final = range(1970, 9999)
_MOMENT: Final = "write a time with its offset, such as 2027-03-01T09:00-05:00, or with Z for UTC"
_OR_UTC: Final = "write a time such as 2027-03-01T09:00-05:00; without an offset it is UTC"


def parse_pairs(words: Sequence[str], *, option: str) -> dict[str, str]:
    """Return name=value arguments as a mapping; raises InvalidInput naming every malformed one."""
    wrong = [word for word in words if not word.partition("=")[1] or word.startswith("=")]
    if wrong:
        raise InvalidInput([FieldError(option, "not_a_pair", f"{word!r} must read name=value") for word in wrong])
    return dict(word.split("=", 1) for word in words)


def parse_optional(words: Sequence[str], *, option: str) -> dict[str, str | None]:
    """Return name=value arguments as a mapping, `none` as null."""
    return {name: None if value == NONE else value for name, value in parse_pairs(words, option=option).items()}


def parse_caps(words: Sequence[str], *, option: str) -> dict[str, int | str | None]:
    """Return caps and rests of name=value arguments: counts as numbers, `none` as null."""
    return {name: _count(value) for name, value in parse_optional(words, option=option).items()}


def _count(value: str | None) -> int | str | None:
    return int(value) if value and value.isascii() and value.isdecimal() else value


def parse_time(text: str, *, option: str, or_utc: bool = False) -> datetime:
    """Return an ISO 8601 time in UTC; raise InvalidInput for a malformed one.

    Without an offset it is UTC where `or_utc` says so, and refused elsewhere: somebody would be called at another hour.
    """
    try:
        said = datetime.fromisoformat(text.strip().upper())
        local = said.replace(tzinfo=UTC) if said.tzinfo is None and or_utc else said
        at = None if local.tzinfo is None else local.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.year not in _YEARS:
        form = _OR_UTC if or_utc else _MOMENT
        raise InvalidInput([FieldError(option, "not_a_moment", f"{text[:80]!r}: {form}")])
    return at


def who() -> str:
    """Return the name of the user on this machine, for the record of who did something."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"  # a container's user has no name
