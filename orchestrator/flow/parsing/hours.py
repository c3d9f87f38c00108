"""Reads the hours a flow asks about with `open('name')`: windows of a week in one time zone, and holidays."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from orchestrator.flow.parsing.context import WORD, Desk
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.policy.weekly_hours import CONTACT, CallingHours, stored_hours

_KEYS = ("timezone", "windows", "holidays")


def read_hours(desk: Desk, spot: Spot | None) -> dict[str, CallingHours]:
    """Return the hours by name; those with a problem are told and there all the same."""
    if spot is None or not desk.expect(spot, Kind.MAP, "hours"):
        return {}
    for name, entry in spot.entries():
        if not WORD.fullmatch(name):
            desk.tell(entry, f"{name} is no name for hours: letters, digits and _", line=entry.node.key_line)
    return {name: _read(desk, name, entry) for name, entry in spot.entries()}


def _read(desk: Desk, name: str, spot: Spot) -> CallingHours:
    entries = desk.map_of(spot, f"the hours {name}", _KEYS)
    for needed in ("timezone", "windows"):
        if needed not in entries and spot.kind is Kind.MAP:
            desk.tell(spot, f"the hours {name} need {needed}")
    zone = entries.get("timezone")
    if zone is not None and zone.node.value == CONTACT:
        desk.tell(zone, "timezone names one zone, such as America/Chicago: these are hours of a place")
    try:
        read = stored_hours if desk.is_stored else CallingHours.model_validate
        return read({key: entry.plain() for key, entry in entries.items()})
    except ValidationError as err:
        for error in err.errors(include_url=False):
            _tell(desk, spot, error)
        return CallingHours()


def _tell(desk: Desk, spot: Spot, error: Any) -> None:
    place, what = spot, ""
    for part in error["loc"]:
        place = place.child(part) or place
        what = part if isinstance(part, str) else what
    if error["type"] == "missing":
        desk.tell(place, f"{what} is needed here")
    else:
        message = str(error["msg"])
        desk.tell(place, f"{what}: {message[:1].lower()}{message[1:]}" if what else message)
