"""Resolves unquoted scalars by the core schema of YAML 1.2, in which `on` and `no` are text."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from orchestrator.flow.limits import LARGEST_NUMBER
from orchestrator.flow.syntax.node import Kind

_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_BEYOND: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)


def resolve_plain(text: str) -> tuple[Kind, Any]:
    """Return the kind and the value of an unquoted scalar; a number that is too large has the value None."""
    if text in _NOTHING:
        return Kind.NOTHING, None
    if text in _TRUTH:
        return Kind.TRUTH, _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return Kind.NUMBER, usable_number(int(text)) if len(text) < 20 else None
    if _BASED.fullmatch(text):
        return Kind.NUMBER, usable_number(int(text, 0)) if len(text) < 20 else None
    if _DECIMAL.fullmatch(text):
        return Kind.NUMBER, usable_number(float(text))
    if _BEYOND.fullmatch(text):
        return Kind.NUMBER, None
    return Kind.TEXT, text


def usable_number(number: float) -> float | None:
    """Return `number` unless it is infinite, no number, or too large to survive JSON."""
    return number if math.isfinite(number) and abs(number) <= LARGEST_NUMBER else None


def forbidden_character(text: str) -> str | None:
    """Return the name of a character in the text that no carrier and no database accepts, or None."""
    if "\0" in text:
        return "a NUL character"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "half of a surrogate pair"
    return None
