"""Reads the flows that a flow includes: found by name and version, refused where two flows cannot be one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.flow.definition import Flow
from orchestrator.flow.library import Library, Shelved
from orchestrator.flow.limits import MAX_INCLUDE_DEPTH, MAX_INCLUDES
from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Spot

_WRITTEN: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})@([1-9][0-9]{0,8})", re.ASCII)
ReadShelved = Callable[[Shelved, "Shelves"], Flow | None]
"""Reads a flow with shelves one deeper; None for one that is not acceptable."""


@dataclass
class Shelves:
    """The library, what is being included on the way here, and how many flows may still be."""

    library: Library
    read: ReadShelved
    within: tuple[str, ...] = ()
    left: int = MAX_INCLUDES

    def deeper(self, written: str) -> Shelves:
        """Return the same shelves for what stands in the flow `written`."""
        return Shelves(self.library, self.read, (*self.within, written), self.left)


def read_includes(desk: Desk, places: Mapping[str, Spot], shelves: Shelves) -> dict[str, Flow]:
    """Return the included flow of each step that includes one; what cannot be included is told."""
    found: dict[str, Flow] = {}
    for step, place in places.items():
        spot = place.child("include")
        if spot is not None and (flow := _included(desk, spot, shelves)) is not None:
            found[step] = flow
    return found


def _included(desk: Desk, spot: Spot, shelves: Shelves) -> Flow | None:
    written = desk.text(spot, "include")
    if written is None:
        return None
    named = _WRITTEN.fullmatch(written)
    if named is None:
        desk.tell(spot, f"include names a flow and its version, such as survey@3, not {written}")
        return None
    if (why := _too_much(written, shelves)) is not None:
        desk.tell(spot, why)
        return None
    shelved = shelves.library(named[1], int(named[2]))
    if shelved is None:
        desk.tell(spot, f"there is no flow {written}; a flow is stored before another includes it")
        return None
    return _joined(desk, spot, written, shelved, shelves)


def _too_much(written: str, shelves: Shelves) -> str | None:
    shelves.left -= 1
    if written in shelves.within:
        return f"{written} includes itself: {' → '.join((*shelves.within, written))}"
    if len(shelves.within) >= MAX_INCLUDE_DEPTH:
        return f"flows include each other at most {MAX_INCLUDE_DEPTH} deep"
    return None if shelves.left >= 0 else f"a flow includes at most {MAX_INCLUDES} others, all in all"


def _joined(desk: Desk, spot: Spot, written: str, shelved: Shelved, shelves: Shelves) -> Flow | None:
    deeper = shelves.deeper(written)
    flow = shelves.read(shelved, deeper)
    shelves.left = deeper.left
    if flow is None:
        desk.tell(spot, f"{written} is not acceptable by itself; check it, and what it includes")
        return None
    obstacles = list(_obstacles(desk, flow))
    for why in obstacles:
        desk.tell(spot, f"{written} cannot be included: {why}")
    return None if obstacles else flow


def _obstacles(desk: Desk, flow: Flow) -> Iterator[str]:
    if flow.start.entry is None:
        yield "it begins by the result of detection, and the call has begun already"
    if flow.on:
        yield "it handles events for a whole flow; let the including flow do so"
    if flow.texts is not None:
        yield "it has texts of its own"
    for name, hours in flow.hours.items():
        if name in desk.hours and desk.hours[name] != hours:
            yield f"its hours {name} are not those of this flow"
