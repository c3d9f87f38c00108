"""Draws a flow: its steps as boxes in layers, and what leads from one to the next as labelled arrows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from api.pages.flow_words import START, Way, ways_of
from orchestrator.flow import Flow

_BOX_WIDTH, _BOX_HEIGHT, _BEND_WIDTH = 184.0, 48.0, 28.0
_ACROSS, _DOWN, _LINE = 28.0, 44.0, 15.0
_EDGE = 16.0
_LANE = 18.0
_SWEEPS = 4
_HALVINGS = 12
_NAME_LETTERS, _DOES_LETTERS, _LABEL_LETTERS = 22, 26, 26


@dataclass(frozen=True)
class Box:
    """A step: the place of its upper left corner, and what it says."""

    name: str
    short: str
    does: str
    x: float
    y: float
    kind: str
    width: float = _BOX_WIDTH
    height: float = _BOX_HEIGHT


@dataclass(frozen=True)
class Arrow:
    """A way from step to step: its path in SVG, and the place of its label."""

    source: str
    target: str
    label: str
    short: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawn:
    """A drawing with its size."""

    width: float
    height: float
    boxes: list[Box]
    arrows: list[Arrow]


@dataclass
class _Layers:
    """Nodes by layer, from left to right; a way over several layers has a bend in each: a node without a name."""

    of: dict[str, int]
    rows: list[list[str]]
    chains: list[tuple[Way, list[str]]] = field(default_factory=list)
    backward: list[Way] = field(default_factory=list)


def draw(flow: Flow) -> Drawn:
    """Return the drawing of a flow."""
    return lay_out(ways_of(flow))


def lay_out(ways: Sequence[tuple[str, str, Sequence[Way]]]) -> Drawn:
    """Return the drawing of steps: each with its name, what it does, and the ways that lead on. The first is the top.

    A way that leads back is drawn at the right edge.
    """
    does = {name: said for name, said, _ in ways}
    forward, backward = _directed({name: [w for w in out if w.target in does] for name, _, out in ways})
    layers = _layered(list(does), forward)
    layers.backward = backward
    _order(layers)
    centers, tops, width, height = _placed(layers, forward)
    boxes = [_box(name, does[name], centers[name], tops[layers.of[name]], ends=not out) for name, _, out in ways]
    arrows = [*_forward_arrows(layers, centers, tops), *_backward_arrows(layers, centers, tops, width)]
    lanes = _LANE * len(backward) + (_BOX_WIDTH if backward else 0)
    return Drawn(width + lanes, height, boxes, arrows)


def _directed(out: Mapping[str, list[Way]]) -> tuple[dict[str, list[Way]], list[Way]]:
    """Return the ways that lead on, without any circle, and those that lead back."""
    forward: dict[str, list[Way]] = {name: [] for name in out}
    backward: list[Way] = []
    done: set[str] = set()
    for root in out:
        path: dict[str, Iterator[Way]] = {} if root in done else {root: iter(out[root])}
        while path:
            name = next(reversed(path))
            way = next(path[name], None)
            if way is None:
                path.popitem()
                done.add(name)
            elif way.target in path:
                backward.append(way)
            else:
                forward[name].append(way)
                if way.target not in done:
                    path[way.target] = iter(out[way.target])
    return forward, backward


def _layered(names: Sequence[str], forward: Mapping[str, list[Way]]) -> _Layers:
    """Put each step below all that lead to it."""
    entering = dict.fromkeys(names, 0)
    for out in forward.values():
        for way in out:
            entering[way.target] += 1
    of = dict.fromkeys(names, 0)
    ready = [name for name in names if not entering[name]]
    for name in ready:  # grows
        for way in forward[name]:
            of[way.target] = max(of[way.target], of[name] + 1)
            entering[way.target] -= 1
            if not entering[way.target]:
                ready.append(way.target)
    layers = _Layers(of, [[] for _ in range(max(of.values(), default=0) + 1)])
    for name in names:
        layers.rows[of[name]].append(name)
    for name in names:
        for way in forward[name]:
            bends = [f"\n{name}\n{way.target}\n{row}" for row in range(of[name] + 1, of[way.target])]
            for row, bend in enumerate(bends, of[name] + 1):
                layers.rows[row].append(bend)
                of[bend] = row
            layers.chains.append((way, [name, *bends, way.target]))
    return layers


def _order(layers: _Layers) -> None:
    """Put each node near the middle of its neighbors: few ways cross then."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for _, chain in layers.chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        rows, near = (layers.rows, above) if sweep % 2 == 0 else (layers.rows[::-1], below)
        places = {name: place / len(row) for row in rows for place, name in enumerate(row)}
        for row in rows:
            middle = {name: _mean([places[each] for each in near.get(name, [name])]) for name in row}
            row.sort(key=middle.__getitem__)
            places |= {name: (place + 0.5) / len(row) for place, name in enumerate(row)}


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _placed(layers: _Layers, forward: Mapping[str, list[Way]]) -> tuple[dict[str, float], list[float], float, float]:
    """Return the middle of each node, the top of each layer, and the size of the whole."""
    widths = [sum(_width(name) + _ACROSS for name in row) - _ACROSS for row in layers.rows]
    whole = max(widths, default=0.0) + 2 * _EDGE
    centers: dict[str, float] = {}
    tops: list[float] = []
    top = _EDGE
    for row, width in zip(layers.rows, widths, strict=True):
        left = (whole - width) / 2
        for name in row:
            centers[name] = left + _width(name) / 2
            left += _width(name) + _ACROSS
        tops.append(top)
        top += _BOX_HEIGHT + _DOWN + _LINE * max(len(forward.get(name, ())) for name in row)
    return centers, tops, whole, tops[-1] + _BOX_HEIGHT + _EDGE


def _width(name: str) -> float:
    return _BEND_WIDTH if name.startswith("\n") else _BOX_WIDTH


def _box(name: str, does: str, center: float, top: float, *, ends: bool) -> Box:
    kind = "start" if name == START else "end" if ends else "step"
    return Box(name, _cut(name, _NAME_LETTERS), _cut(does, _DOES_LETTERS), center - _BOX_WIDTH / 2, top, kind)


def _forward_arrows(layers: _Layers, centers: Mapping[str, float], tops: Sequence[float]) -> Iterator[Arrow]:
    leaving: dict[str, list[str]] = {}
    for _, chain in layers.chains:
        leaving.setdefault(chain[0], []).append(chain[1])
    for way, chain in layers.chains:
        beside = sorted(leaving[chain[0]], key=centers.__getitem__)
        place, count = beside.index(chain[1]), len(beside)
        shift = (place - (count - 1) / 2) * min(_LINE, _BOX_WIDTH / (count + 1))
        x, y = centers[chain[0]] + shift, tops[layers.of[chain[0]]] + _BOX_HEIGHT
        path = f"M{x:.1f} {y:.1f}"
        label_x, label_y = x, y
        for step, node in enumerate(chain[1:]):
            to_x, to_y = centers[node], tops[layers.of[node]]
            middle = (y + to_y) / 2
            path += f" C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
            if step == 0:
                label_y = y + _LINE * (place + 1)
                label_x = _on_curve(x, to_x, (label_y - y) / (to_y - y))
            x, y = to_x, to_y
            if node.startswith("\n"):
                y += _BOX_HEIGHT
                path += f" L{x:.1f} {y:.1f}"
        yield Arrow(chain[0], way.target, way.label, _cut(way.label, _LABEL_LETTERS), path, label_x, label_y)


def _on_curve(start: float, end: float, down: float) -> float:
    """Return the x of a curve that leaves and arrives upright, where it has gone so far `down`, from 0 to 1."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        at = (low + high) / 2
        low, high = (at, high) if (3 * at - 3 * at**2 + 2 * at**3) / 2 < down else (low, at)
    return start + (end - start) * (3 * low**2 - 2 * low**3)


def _backward_arrows(
    layers: _Layers, centers: Mapping[str, float], tops: Sequence[float], width: float
) -> Iterator[Arrow]:
    for lane, way in enumerate(layers.backward):
        x, y = centers[way.source] + _BOX_WIDTH / 2, tops[layers.of[way.source]] + _BOX_HEIGHT / 2 + 8
        to_x, to_y = centers[way.target] + _BOX_WIDTH / 2, tops[layers.of[way.target]] + _BOX_HEIGHT / 2 - 8
        aside = width + _LANE * lane
        path = f"M{x:.1f} {y:.1f} C{aside:.1f} {y:.1f} {aside:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        at_x = (x + 6 * aside + to_x) / 8
        label = _cut(way.label, _LABEL_LETTERS)
        yield Arrow(way.source, way.target, way.label, label, path, at_x, (y + to_y) / 2 + _LINE * lane)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"
