"""The calling hours that a campaign keeps: those that it carries, and none at all in an emergency."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.policy.purposes import Purpose
from orchestrator.policy.weekly_hours import CallingHours, stored_hours

AT_ANY_HOUR: Final = '{"always": true}'
"""The hours of an emergency, as they would be stored."""

_AT_ANY_HOUR = CallingHours.model_validate({"always": True, "because": "an emergency"})


def hours_in_force(stored: Any, purpose: str | None) -> CallingHours:
    """Return the hours that bind a campaign with these stored hours and this purpose."""
    return _AT_ANY_HOUR if purpose == Purpose.EMERGENCY else stored_hours(stored)
