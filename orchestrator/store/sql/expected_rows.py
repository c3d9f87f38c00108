"""What the author of a change expects to find; asked of a locked row, so that nothing comes between check and write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Expects = Callable[[Mapping[Any, Any]], None]
"""Raises ChangedMeanwhile for a row, as {column: value}, that is another than its author has read."""


def whatever_it_is(_row: Mapping[Any, Any]) -> None:
    """Accept any row."""
