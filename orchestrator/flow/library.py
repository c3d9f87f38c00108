"""The interface through which the parser finds included flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class StoredFlow(NamedTuple):
    """The document of one version of a flow."""

    text: str
    content_type: str


Library = Callable[[str, int], StoredFlow | None]
"""Returns a version of a flow by name and number, None if there is none; a version never changes."""


def empty_library(_name: str, _version: int) -> StoredFlow | None:
    """Return None: the library without any flow."""
    return None
