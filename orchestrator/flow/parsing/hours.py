"""Parses the opening hours for `open('name')`: weekly windows in one time zone, and holidays."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from orchestrator.flow.parsing.context import WORD, ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.policy.weekly_hours import CONTACT, CallingHours, stored_hours

_KEYS = ("timezone", "windows", "holidays")


def read_hours(context: ParseContext, node: DocumentNode | None) -> dict[str, CallingHours]:
    """Return the hours by name; those with a reported problem are included."""
    if node is None or not context.expect(node, Kind.MAP, "hours"):
        return {}
    for name, entry in node.entries():
        if not WORD.fullmatch(name):
            context.report(entry, f"{name} is no name for hours: letters, digits and _", line=entry.key_line)
    return {name: _read(context, name, entry) for name, entry in node.entries()}


def _read(context: ParseContext, name: str, node: DocumentNode) -> CallingHours:
    entries = context.map_of(node, f"the hours {name}", _KEYS)
    for needed in ("timezone", "windows"):
        if needed not in entries and node.kind is Kind.MAP:
            context.report(node, f"the hours {name} need {needed}")
    zone = entries.get("timezone")
    if zone is not None and zone.value == CONTACT:
        context.report(zone, "timezone names one zone, such as America/Chicago: these are hours of a place")
    try:
        read = stored_hours if context.is_stored else CallingHours.model_validate
        return read({key: entry.plain() for key, entry in entries.items()})
    except ValidationError as err:
        for error in err.errors(include_url=False):
            _report(context, node, error)
        return CallingHours()


def _report(context: ParseContext, node: DocumentNode, error: Any) -> None:
    place, what = node, ""
    for part in error["loc"]:
        place = place.child(part) or place
        what = part if isinstance(part, str) else what
    if error["type"] == "missing":
        context.report(place, f"{what} is needed here")
    else:
        message = str(error["msg"])
        context.report(place, f"{what}: {message[:1].lower()}{message[1:]}" if what else message)
