"""The hours of a week that several rules leave open, each of which names windows that begin and end on one day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from orchestrator.policy.weekly_hours import WEEK, Day, Window

_Spans = tuple[tuple[int, int], ...]


def common_windows(rules: Sequence[Sequence[Window]]) -> tuple[Window, ...] | None:
    """Return the hours that are open under every rule, () for none; None where there is no rule."""
    if not rules:
        return None
    days: dict[tuple[int, int], list[Day]] = {}
    for day in WEEK:
        for span in reduce(_both, (_spans_on(day, windows) for windows in rules)):
            days.setdefault(span, []).append(day)
    return tuple(_window(span, on) for span, on in days.items())


def _spans_on(day: Day, windows: Iterable[Window]) -> _Spans:
    return tuple((window.start_minute, window.end_minute) for window in windows if day in window.days)


def _both(one: _Spans, other: _Spans) -> _Spans:
    return tuple(_overlaps(one, other))


def _overlaps(one: _Spans, other: _Spans) -> Iterator[tuple[int, int]]:
    for from_a, to_a in one:
        for from_b, to_b in other:
            if max(from_a, from_b) < min(to_a, to_b):
                yield max(from_a, from_b), min(to_a, to_b)


def _window(span: tuple[int, int], days: Sequence[Day]) -> Window:
    return Window(days=tuple(days), start=_clock(span[0]), end=_clock(span[1]))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
