"""Conditions between the fields of one body, and the errors for broken ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.schema.errors import Problem
from simulator.schema.fields import Condition


def conflict(at: str, detail: str, *, code: str = "10015") -> Problem:
    """Return the error for a field that is valid by itself and conflicts with another."""
    return Problem(code, "Invalid parameter", f"{at} {detail}.", at)


def ascending(minimum: str, maximum: str, *, defaults: tuple[int, int], code: str = "10033") -> Condition:
    """Return the condition that one number is not above another; `defaults` are their values when they are missing."""

    def check(body: Mapping[str, Any], at: str) -> Iterator[Problem]:
        low, high = body.get(minimum), body.get(maximum)
        if (defaults[0] if low is None else low) > (defaults[1] if high is None else high):
            yield conflict(f"{at}/{minimum}", f"must not be above {maximum} ({defaults[1]} unless given)", code=code)

    return check
