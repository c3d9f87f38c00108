"""The calling hours that a campaign keeps, in SQL: as text, by which they are read once and remembered."""

from __future__ import annotations

from orchestrator.policy.hours_in_force import AT_ANY_HOUR
from orchestrator.policy.purposes import Purpose


def hours_in_force(campaign: str) -> str:
    """Return the expression for the hours of a row of `campaigns` with this name."""
    kept = f"{campaign}.calling_hours::text"
    return f"CASE {campaign}.purpose WHEN '{Purpose.EMERGENCY}' THEN '{AT_ANY_HOUR}' ELSE {kept} END"
