"""Charts as SVG, computed here: shapes of fixed size in their own units, which the style sheet colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, log10

WIDTH, HEIGHT = 720.0, 180.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 10.0, 24.0
_GAP = 0.25  # of a column's width stays free between two


@dataclass(frozen=True)
class Tick:
    """A line of the grid with what is written beside it; a time where it is one of the time axis."""

    at: float
    label: str
    time: datetime | None = None


@dataclass(frozen=True)
class Line:
    """A line, and the area below it."""

    slot: int
    points: str
    area: str


@dataclass(frozen=True)
class Box:
    """A part of a column, with what a pointer on it is told."""

    slot: int
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    """What is drawn, and the same as rows of a table: (time, values)."""

    names: Sequence[str]
    lines: Sequence[Line]
    boxes: Sequence[Box]
    across: Sequence[Tick]
    up: Sequence[Tick]
    rows: Sequence[tuple[datetime, Sequence[float]]]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    bottom: float = HEIGHT - _BOTTOM

    @property
    def is_empty(self) -> bool:
        """Say whether nothing at all happened."""
        return not any(value for _, values in self.rows for value in values)


def line_chart(times: Sequence[datetime], series: Mapping[str, Sequence[float]]) -> Chart:
    """Return lines over time, one for each series."""
    top = _nice_top(max((value for values in series.values() for value in values), default=0))
    xs = _spread(len(times))
    lines = [
        _line(slot, [(x, _y(value, top)) for x, value in zip(xs, values, strict=True)])
        for slot, values in enumerate(series.values(), 1)
    ]
    return Chart(list(series), lines, [], _across(times, xs), _up(top), _rows(times, series))


def column_chart(times: Sequence[datetime], series: Mapping[str, Sequence[int]]) -> Chart:
    """Return columns over time; the series stand on each other."""
    totals = [sum(values[n] for values in series.values()) for n in range(len(times))]
    top = _nice_top(max(totals, default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(times))
    xs = [_LEFT + step * (n + 0.5) for n in range(len(times))]
    boxes = []
    for n, x in enumerate(xs):
        below = 0
        for slot, (name, values) in enumerate(series.items(), 1):
            if value := values[n]:
                y, under = _y(below + value, top), _y(below, top)
                width = step * (1 - _GAP)
                box = Box(slot, _round(x - width / 2), y, _round(width), _round(under - y), f"{name}: {value}")
                boxes.append(box)
                below += value
    return Chart(list(series), [], boxes, _across(times, xs), _up(top), _rows(times, series))


def _line(slot: int, points: Sequence[tuple[float, float]]) -> Line:
    written = " ".join(f"{x},{y}" for x, y in points)
    ground = HEIGHT - _BOTTOM
    area = f"{points[0][0]},{ground} {written} {points[-1][0]},{ground}" if points else ""
    return Line(slot, written, area)


def _spread(count: int) -> list[float]:
    step = (WIDTH - _LEFT - _RIGHT) / max(1, count - 1)
    return [_round(_LEFT + step * n) for n in range(count)]


def _y(value: float, top: float) -> float:
    room = HEIGHT - _TOP - _BOTTOM
    return _round(HEIGHT - _BOTTOM - room * value / top)


def _nice_top(most: float) -> float:
    """Return a round number at or above `most` that can be halved."""
    if most <= 0:
        return 1.0
    size = 10.0 ** ceil(log10(most) - 1)
    return next(size * step for step in (1, 2, 4, 6, 8, 10) if size * step >= most)


def _up(top: float) -> list[Tick]:
    return [Tick(_y(value, top), f"{value:,g}") for value in (0, top / 2, top)]


def _across(times: Sequence[datetime], xs: Sequence[float]) -> list[Tick]:
    """Return at most five labels, the last of them at the end."""
    every = max(1, ceil(len(times) / 5))
    chosen = range(len(times) - 1, -1, -every)
    return [Tick(xs[n], f"{times[n]:%H:%M}", times[n]) for n in sorted(chosen)]


def _rows(times: Sequence[datetime], series: Mapping[str, Sequence[float]]) -> list[tuple[datetime, Sequence[float]]]:
    return [(at, [values[n] for values in series.values()]) for n, at in enumerate(times)]


def _round(value: float) -> float:
    return round(value, 1)
