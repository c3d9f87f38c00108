"""Parses the name of a time zone: a place, or UTC.

An abbreviation or an offset is refused with what to write instead. IANA gives EST, MST and HST no summer time, which
rings people an hour early or late for half the year, and Etc/GMT+5 lies west of Greenwich, not east. UTC stays: it
means the same clock to everybody, and nobody takes it for a place's.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.policy.zones.zone_names import known_zone

WRITTEN_AS = {
    "type": "string",
    "pattern": "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$",
    "description": "IANA, by the name of a place (or UTC); case does not matter. EST, GMT and offsets are refused.",
    "examples": ["America/Chicago"],
}
"""The JSON Schema of a time zone name."""

_UTC = frozenset({"UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"})
_ABBREVIATIONS = frozenset(
    "EST MST HST EST5EDT CST6CDT MST7MDT PST8PDT GMT GMT0 GMT+0 GMT-0 Greenwich WET CET MET EET".split()  # noqa: SIM905
)
_OFFSET = re.compile(r"(?:\(?(?:utc|gmt)\s*)?[+-]?\d{1,2}(?::?\d\d)?\)?", re.IGNORECASE)
_INVERTED = re.compile(r"etc/gmt[+-]?\d+", re.IGNORECASE)

# Suggestions for common names, where one place fits.
_INSTEAD = (
    (re.compile(r"e[sd]?t|est5edt|eastern.*"), "America/New_York"),
    (re.compile(r"c[sd]?t|cst6cdt|central.*"), "America/Chicago"),
    (re.compile(r"m[sd]?t|mst7mdt|mountain.*"), "America/Denver, or America/Phoenix where clocks are not changed"),
    (re.compile(r"p[sd]?t|pst8pdt|pacific.*"), "America/Los_Angeles"),
    (re.compile(r"ak[sd]?t|alaska.*"), "America/Anchorage"),
    (re.compile(r"hs?t|hawaii.*"), "Pacific/Honolulu"),
    (re.compile(r"a[sd]t|atlantic.*"), "America/Halifax, or America/Puerto_Rico where clocks are not changed"),
    (re.compile(r"gmt[+-]?0?|greenwich.*|bst"), "Europe/London, or UTC"),
    (re.compile(r"we[s]?t"), "Europe/Lisbon"),
    (re.compile(r"ces?t|mes?t|mez|w\. europe.*"), "Europe/Berlin"),
    (re.compile(r"ees?t"), "Europe/Athens"),
)
_A_PLACE = "a place such as America/Chicago"


class ZoneProblem(NamedTuple):
    """The reason for which a text is not a time zone."""

    detail: str


def read_zone(text: str) -> str | ZoneProblem:
    """Return the IANA spelling of a place's zone (or of UTC) written in any case, or what to write instead."""
    name = known_zone(text)
    return name if name and _is_sure(name) else ZoneProblem(_why_not(text.strip()))


def _is_sure(name: str) -> bool:
    return name in _UTC or not (name.startswith("Etc/") or name in _ABBREVIATIONS)


def _why_not(text: str) -> str:
    if _INVERTED.fullmatch(text):
        return f"{text!r} is no place's clock, and its sign is the other way round: write {_A_PLACE}"
    meant = next((place for form, place in _INSTEAD if form.fullmatch(text.casefold())), None)
    if meant is not None:
        return f"{text!r} is no place, so that its summer time is anybody's guess: write {meant}"
    if _OFFSET.fullmatch(text):
        return f"{text!r} is an offset, which knows no summer time: write {_A_PLACE}"
    return f"{text!r} is no IANA time zone such as America/Chicago"


def _read(value: Any) -> str:
    zone = read_zone(value) if isinstance(value, str) else ZoneProblem(f"{value!r} is no text; write {_A_PLACE}")
    if isinstance(zone, ZoneProblem):
        raise PydanticCustomError("unknown_zone", "{why}", {"why": zone.detail})
    return zone


Zone = Annotated[str, BeforeValidator(_read), WithJsonSchema(WRITTEN_AS)]
