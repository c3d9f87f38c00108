"""Fields for calling hours: several windows of a week, days without calls, or any hour."""

from __future__ import annotations

from typing import Any

from flask import request

from orchestrator.policy.weekly_hours import CONTACT, CallingHours

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MORE_WINDOWS = 3
"""So many empty windows are offered beside those that there are."""

_HOURS = "calling_hours"
_WINDOWS = f"{_HOURS}.windows"
_MOST_READ = 110

Values = dict[str, Any]


def hours_values(hours: CallingHours) -> Values:
    """Return calling hours as the form shows them, by the names of its fields, which are those of REST."""
    said = hours.model_dump(mode="json")
    windows = [each.model_dump(mode="json") for each in hours.windows]
    return {
        f"{_HOURS}.always": "always" if hours.always else "",
        f"{_HOURS}.because": hours.because or "",
        f"{_HOURS}.timezone": "" if hours.timezone == CONTACT else hours.timezone,
        _WINDOWS: windows,
        f"{_HOURS}.holidays": ", ".join(said.get("holidays", ())),
    }


def sent_hours(otherwise: Values) -> Values:
    """Return what was sent; what was not in the form is as in `otherwise`."""
    fields = {name: request.form.get(name, value) for name, value in otherwise.items() if name != _WINDOWS}
    has_windows = any(name.startswith(f"{_WINDOWS}.") for name in request.form)
    windows = _sent_windows() if has_windows else otherwise[_WINDOWS]
    return {name: value.strip() for name, value in fields.items()} | {_WINDOWS: windows}


def hours_document(values: Values) -> dict[str, Any]:
    """Return calling hours as REST takes them."""
    if values[f"{_HOURS}.always"]:
        return {"always": True, "because": values[f"{_HOURS}.because"] or None}
    holidays = [day.strip() for day in values[f"{_HOURS}.holidays"].split(",") if day.strip()]
    return {"timezone": values[f"{_HOURS}.timezone"] or CONTACT, "windows": values[_WINDOWS], "holidays": holidays}


def window_names(values: Values) -> set[str]:
    """Return the names of the fields of all windows, and of each window as a whole."""
    rows = [f"{_WINDOWS}.{place}" for place in range(len(values[_WINDOWS]))]
    return {*rows, *(f"{row}.{part}" for row in rows for part in ("days", "start", "end"))}


def in_words(wrong: dict[str, str]) -> dict[str, str]:
    """Return what is wrong in the words of the form, where REST speaks of lists."""
    said = {_WINDOWS: "Leave one window at least."}
    said |= {name: "Choose a day at least." for name in wrong if name.startswith(_WINDOWS) and name.endswith(".days")}
    return wrong | {name: said[name] for name in wrong.keys() & said.keys()}


def _sent_windows() -> list[dict[str, Any]]:
    """Return the windows that were filled in and not taken away."""
    sent = []
    for place in range(_MOST_READ):
        row = f"{_WINDOWS}.{place}"
        days = request.form.getlist(f"{row}.days")
        start, end = (request.form.get(f"{row}.{name}", "").strip() for name in ("start", "end"))
        if (days or start or end) and f"{row}.away" not in request.form:
            sent.append({"days": days, "start": start, "end": end})
    return sent
