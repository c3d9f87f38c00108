"""Parses durations, written as text: "6s", "2m", "500ms"."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN: Final = re.compile(r"([0-9]{1,7})(ms|s|m|h)", re.ASCII)
_LONGEST_S: Final = 4 * 3600.0


def read_duration(context: ParseContext, node: DocumentNode | None) -> float | None:
    """Return the duration in seconds, or None after reporting a problem."""
    if node is None:
        return None
    if node.kind is Kind.NUMBER:
        context.report(node, f'a duration is text; write {node.name}: "{node.raw}s"')
        return None
    text = context.text(node, "a duration")
    if text is None:
        return None
    written = _WRITTEN.fullmatch(text.strip())
    seconds = int(written[1]) * _UNITS[written[2]] if written else 0.0
    if not 0.1 <= seconds <= _LONGEST_S:
        context.report(node, f'{text} is no duration between 100ms and 4h; write a number and a unit, such as "40s"')
        return None
    return seconds
