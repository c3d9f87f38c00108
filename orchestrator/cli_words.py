"""Reads what was typed: name=value pairs."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.errors import FieldError, InvalidInput


def pairs(words: Sequence[str], *, option: str) -> dict[str, str]:
    """Return name=value words as a mapping; raise InvalidInput naming every word that is none."""
    wrong = [word for word in words if not word.partition("=")[1] or word.startswith("=")]
    if wrong:
        raise InvalidInput([FieldError(option, "not_a_pair", f"{word!r} must read name=value") for word in wrong])
    return dict(word.split("=", 1) for word in words)
