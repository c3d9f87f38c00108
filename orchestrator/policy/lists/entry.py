"""Entries of lists: a number as people write it, or the beginning of many, such as `+1900*`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.visible_text import visible

_BETWEEN = re.compile(r"[\s().\-/]+")
_PREFIX = re.compile(r"\+[1-9]\d{0,13}\*", re.ASCII)

WRITTEN_AS = {
    "type": "string",
    "pattern": "^\\+[1-9][0-9]{0,14}\\*?$",
    "description": "E.164, or the beginning of numbers with a star behind it.",
    "examples": ["+12125550123", "+1900*"],
}
"""The JSON Schema of an entry."""


def read_entries(text: str, region: str | None, *, every_reading: bool) -> tuple[str, ...] | PhoneProblem:
    """Return what a cell puts on a list: a number as E.164, or a prefix as `+1900*`.

    With `every_reading` a cell that may mean several numbers stands for all of them, else it is refused.
    """
    if text.rstrip().endswith("*"):
        return _prefix(text)
    read = read_phone(text, region)
    if isinstance(read, str):
        return (read,)
    return read.numbers if every_reading and read.numbers else read


def read_entry(text: str, region: str | None = None) -> str | PhoneProblem:
    """Return one entry, or what is wrong with it."""
    read = read_entries(text, region, every_reading=False)
    return read if isinstance(read, PhoneProblem) else read[0]


def prefix_lengths(entries: Iterable[str]) -> set[int]:
    """Return how long the prefixes among these entries are, with the plus and without the star."""
    return {len(entry) - 1 for entry in entries if entry.endswith("*")}


def _prefix(text: str) -> tuple[str, ...] | PhoneProblem:
    bare = _BETWEEN.sub("", visible(text))
    if _PREFIX.fullmatch(bare):
        return (bare,)
    return PhoneProblem("prefix", f"{text!r} is no prefix; write it with its country code, such as +1900*")
