"""Operations on the values of expressions: total, and bounded in size."""

from __future__ import annotations

import json
import math
from typing import Any

from orchestrator.flow.limits import LARGEST_NUMBER, MAX_RENDERED_CHARS


class TemplateFailure(Exception):
    """Raised when a text would grow beyond 3,000 characters or a number beyond what JSON keeps."""


def lookup(value: Any, name: str) -> Any:
    """Return the item `name`, or None: attributes are items and nothing else."""
    return value.get(name) if isinstance(value, dict) else None


def as_text(value: Any) -> str:
    """Return `value` as it is spoken: nothing for None, true and false in small letters."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return bounded(json.dumps(value, ensure_ascii=False, default=str))
    try:
        return str(value)
    except ValueError as err:  # Python refuses to write integers of more than 4,300 digits
        raise TemplateFailure("a number too long to be said") from err


def is_number(value: Any) -> bool:
    """Whether `value` is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def bounded(text: str) -> str:
    """Return `text`, or raise TemplateFailure when it is longer than what can be spoken."""
    if len(text) > MAX_RENDERED_CHARS:
        raise TemplateFailure(f"more than {MAX_RENDERED_CHARS:,} characters")
    return text


def bounded_number(number: float) -> float:
    """Return `number`, or raise TemplateFailure when JSON would not keep it."""
    if abs(number) > LARGEST_NUMBER or not math.isfinite(number):
        raise TemplateFailure("a number beyond 2^53")
    return number


def add(left: Any, right: Any) -> Any:
    """Return the sum of two numbers, the texts one after the other, or None for anything else."""
    if is_number(left) and is_number(right):
        return bounded_number(left + right)
    if isinstance(left, str) or isinstance(right, str):
        return bounded(as_text(left) + as_text(right))
    return None


def subtract(left: Any, right: Any) -> Any:
    """Return the difference of two numbers, else None."""
    return bounded_number(left - right) if is_number(left) and is_number(right) else None


def negate(value: Any) -> Any:
    """Return the number below zero, else None."""
    return -value if is_number(value) else None


def is_below(left: Any, right: Any) -> bool:
    """Whether both are numbers or both texts and the left one comes first."""
    if is_number(left) and is_number(right):
        return bool(left < right)
    return isinstance(left, str) and isinstance(right, str) and left < right


def is_equal(left: Any, right: Any) -> bool:
    """Whether the two are the same; true is not 1."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def contains(container: Any, item: Any) -> bool:
    """Whether a text has the other within it, a list holds it, or a map has it as a name."""
    if isinstance(container, str):
        return as_text(item) in container if item is not None else False
    if isinstance(container, list | tuple):
        return any(is_equal(item, member) for member in container)
    return isinstance(container, dict) and isinstance(item, str) and item in container
