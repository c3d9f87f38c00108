"""How long: "6s", "2m", "500ms", as text."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Kind, Spot

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN: Final = re.compile(r"([0-9]{1,7})(ms|s|m|h)", re.ASCII)
_LONGEST_S: Final = 4 * 3600.0


def read_duration(desk: Desk, spot: Spot | None) -> float | None:
    """Return the duration in seconds, or None with a problem told."""
    if spot is None:
        return None
    if spot.kind is Kind.NUMBER:
        desk.tell(spot, f'a duration is text; write {spot.name}: "{spot.node.raw}s"')
        return None
    text = desk.text(spot, "a duration")
    if text is None:
        return None
    written = _WRITTEN.fullmatch(text.strip())
    seconds = int(written[1]) * _UNITS[written[2]] if written else 0.0
    if not 0.1 <= seconds <= _LONGEST_S:
        desk.tell(spot, f'{text} is no duration between 100ms and 4h; write a number and a unit, such as "40s"')
        return None
    return seconds
