"""The filters of templates; each accepts any value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.flow.limits import LARGEST_NUMBER
from orchestrator.flow.templating.values import as_text, bounded, is_number


class Filter(NamedTuple):
    """A function of the value and its arguments, and how many of these it takes."""

    apply: Callable[..., Any]
    fewest: int = 0
    most: int = 0


def _to_int(value: Any, otherwise: Any = 0) -> Any:
    number = _to_float(value, None)
    return otherwise if number is None else int(number)


def _to_float(value: Any, otherwise: Any = 0.0) -> Any:
    if not is_number(value) and not isinstance(value, str):
        return otherwise
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return otherwise
    return number if abs(number) <= LARGEST_NUMBER else otherwise


def _round(value: Any, digits: Any = 0) -> Any:
    if not is_number(value) or _to_float(value, None) is None:
        return value
    places = min(max(int(digits), 0), 10) if is_number(digits) else 0
    return round(value, places) if places else round(value)


def _default(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None or value == "" else value


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict) else 0


def _replace(value: Any, old: Any, new: Any) -> str:
    text, old_text, new_text = as_text(value), as_text(old), as_text(new)
    # Counted first: the result of a few replacements in a row would fill the memory before it could be measured.
    grown = len(text) + text.count(old_text) * max(len(new_text) - len(old_text), 0)
    bounded("x" * min(grown, 10_000))
    return text.replace(old_text, new_text)


def _of_text(change: Callable[[str], str]) -> Filter:
    return Filter(lambda value: bounded(change(as_text(value))))


FILTERS: Final[Mapping[str, Filter]] = MappingProxyType(
    {
        "int": Filter(_to_int, 0, 1),
        "float": Filter(_to_float, 0, 1),
        "round": Filter(_round, 0, 1),
        "upper": _of_text(str.upper),
        "lower": _of_text(str.lower),
        "title": _of_text(str.title),
        "capitalize": _of_text(str.capitalize),
        "trim": _of_text(str.strip),
        "length": Filter(_length),
        "default": Filter(_default, 1, 1),
        "replace": Filter(_replace, 2, 2),
    }
)
