"""The three ways to gather read their limits alike."""

from __future__ import annotations

from typing import Any

from simulator.commands.base import Body
from simulator.ids import fresh_uuid


def limits(body: Body) -> dict[str, Any]:
    """Return the plan's fields that every gather has; milliseconds become seconds."""
    terminating = body.get("terminating_digit")
    return {
        "gather_id": body.get("gather_id") or fresh_uuid(),
        "least": body.get("minimum_digits") or 1,
        "most": body.get("maximum_digits") or 128,
        "valid": body.get("valid_digits") or "0123456789#*",
        "terminating": "#" if terminating is None else terminating,
        "inter_digit_s": seconds(body, "inter_digit_timeout_millis", otherwise=5_000),
    }


def seconds(body: Body, name: str, *, otherwise: int) -> float:
    """Return a field of milliseconds in seconds."""
    return float(body.get(name) or otherwise) / 1000
