"""Finds the flows that a flow includes, by name and version, and refuses what cannot be combined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.flow.definition import Flow
from orchestrator.flow.library import Library, StoredFlow
from orchestrator.flow.limits import MAX_INCLUDE_DEPTH, MAX_INCLUDES
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode

_WRITTEN: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})@([1-9][0-9]{0,8})", re.ASCII)
ReadStored = Callable[[StoredFlow, "IncludeContext"], Flow | None]
"""Parses an included flow, one level deeper; gives None for one with problems."""


@dataclass
class IncludeContext:
    """The library, the flows that are being included (`within`), and how many more may be (`left`)."""

    library: Library
    read: ReadStored
    within: tuple[str, ...] = ()
    left: int = MAX_INCLUDES

    def deeper(self, written: str) -> IncludeContext:
        """Return the context for the includes of the flow `written`."""
        return IncludeContext(self.library, self.read, (*self.within, written), self.left)


def read_includes(
    context: ParseContext, step_nodes: Mapping[str, DocumentNode], includes: IncludeContext
) -> dict[str, Flow]:
    """Return the included flow of each `include` step; report what cannot be included."""
    found: dict[str, Flow] = {}
    for step, place in step_nodes.items():
        node = place.child("include")
        if node is not None and (flow := _included(context, node, includes)) is not None:
            found[step] = flow
    return found


def _included(context: ParseContext, node: DocumentNode, includes: IncludeContext) -> Flow | None:
    written = context.text(node, "include")
    if written is None:
        return None
    named = _WRITTEN.fullmatch(written)
    if named is None:
        context.report(node, f"include names a flow and its version, such as survey@3, not {written}")
        return None
    if (why := _limit_exceeded(written, includes)) is not None:
        context.report(node, why)
        return None
    stored = includes.library(named[1], int(named[2]))
    if stored is None:
        context.report(node, f"there is no flow {written}; a flow is stored before another includes it")
        return None
    return _load_included(context, node, written, stored, includes)


def _limit_exceeded(written: str, includes: IncludeContext) -> str | None:
    includes.left -= 1
    if written in includes.within:
        return f"{written} includes itself: {' → '.join((*includes.within, written))}"
    if len(includes.within) >= MAX_INCLUDE_DEPTH:
        return f"flows include each other at most {MAX_INCLUDE_DEPTH} deep"
    return None if includes.left >= 0 else f"a flow includes at most {MAX_INCLUDES} others, all in all"


def _load_included(
    context: ParseContext, node: DocumentNode, written: str, stored: StoredFlow, includes: IncludeContext
) -> Flow | None:
    deeper = includes.deeper(written)
    flow = includes.read(stored, deeper)
    includes.left = deeper.left
    if flow is None:
        context.report(node, f"{written} is not acceptable by itself; check it, and what it includes")
        return None
    obstacles = list(_obstacles(context, flow))
    for why in obstacles:
        context.report(node, f"{written} cannot be included: {why}")
    return None if obstacles else flow


def _obstacles(context: ParseContext, flow: Flow) -> Iterator[str]:
    if flow.start.entry is None:
        yield "it begins by the result of detection, and the call has begun already"
    if flow.on:
        yield "it handles events for a whole flow; let the including flow do so"
    if flow.texts is not None:
        yield "it has texts of its own"
    for name, hours in flow.hours.items():
        if name in context.hours and context.hours[name] != hours:
            yield f"its hours {name} are not those of this flow"
