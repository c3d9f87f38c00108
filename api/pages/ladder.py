"""The drawing of a call: who told whom what, and how long each took; callee, carrier and we are its three lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.pages import words
from api.resources.calls import TimelineEntry
from orchestrator.model.event import DIAL_ACCEPTED, TIMER_DUE

CALLEE, CARRIER, ENGINE = 110, 290, 500
WIDTH = 580
_TOP, _ROW, _BELOW = 44, 34, 16
_OUR_OWN = frozenset({TIMER_DUE})
_RINGS = frozenset({"call.initiated"})
_OF_THE_CALLEE = ("call.answered", "call.dtmf.received", "call.machine.", "call.hangup")


@dataclass(frozen=True)
class Rung:
    """One line: what was told, by whom, when, and how long after the line before."""

    entry: TimelineEntry
    name: str
    since_first_s: float
    gap_s: float | None
    y: int
    arrows: tuple[tuple[int, int], ...]

    @property
    def middle(self) -> float:
        """Return where its name stands."""
        start, end = self.arrows[0] if self.arrows else (CARRIER, ENGINE)
        return (start + end) / 2


@dataclass(frozen=True)
class Ladder:
    """The whole drawing."""

    rungs: tuple[Rung, ...]
    height: int


def draw(timeline: Sequence[TimelineEntry]) -> Ladder:
    """Return the ladder of a timeline in its order; that the dial was accepted comes first, whenever we heard of it."""
    timeline = sorted(timeline, key=lambda entry: entry.type != DIAL_ACCEPTED)
    rungs = []
    first = min((entry.at for entry in timeline), default=None)
    for n, entry in enumerate(timeline):
        before = timeline[n - 1] if n else None
        gap = (entry.at - before.at).total_seconds() if before else None
        since = (entry.at - first).total_seconds() if first else 0.0
        rungs.append(Rung(entry, _name(entry), since, gap, _TOP + n * _ROW + _ROW // 2, _arrows(entry)))
    return Ladder(tuple(rungs), _TOP + len(rungs) * _ROW + _BELOW)


def _name(entry: TimelineEntry) -> str:
    said = words.phrase(entry.type.removeprefix("call.")).replace(".", " ")
    return said if entry.leg == "A" else f"{said} (leg {entry.leg})"


def _arrows(entry: TimelineEntry) -> tuple[tuple[int, int], ...]:
    if entry.type in _OUR_OWN:
        return ()
    if entry.kind == "command":
        return ((ENGINE, CARRIER),)
    told = (CARRIER, ENGINE)
    if entry.type in _RINGS:
        return (told, (CARRIER, CALLEE))
    if entry.type.startswith(_OF_THE_CALLEE) and entry.payload.get("hangup_source") != "caller":
        return (told, (CALLEE, CARRIER))
    return (told,)
