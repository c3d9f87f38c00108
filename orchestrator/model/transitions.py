"""Tables of allowed state changes: from which state to which, by whom, and by which rule of docs/guarantees.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from orchestrator.errors import ForbiddenTransition

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)  # with slots, 3.11 cannot build a generic one
class Transition(Generic[S]):
    """One allowed change of state; `rule` is None where no guarantee asks for it.

    With `on_request` it is made only where a person asks for this very change: nothing that the engine does by itself
    may make it.
    """

    source: S
    target: S
    by: str
    rule: str | None = None
    on_request: bool = False


class TransitionTable(Generic[S]):
    """Every change of state that one kind of thing may make; to keep a state is no change and always allowed."""

    def __init__(self, thing: str, states: type[S], rows: Collection[Transition[S]]) -> None:
        self.thing, self.states = thing, states
        self._rows = tuple(rows)
        self._allowed = frozenset((row.source, row.target) for row in rows if not row.on_request)
        self._requested = frozenset((row.source, row.target) for row in rows if row.on_request)

    def __iter__(self) -> Iterator[Transition[S]]:
        return iter(self._rows)

    def allowed(self, source: S, target: S) -> bool:
        """Return whether a thing in `source` may be in `target` next."""
        return source == target or (source, target) in self._allowed

    def check(self, source: S, target: S) -> None:
        """Raise ForbiddenTransition unless a thing in `source` may be in `target` next."""
        if not self.allowed(source, target):
            raise ForbiddenTransition(self.thing, source, target)

    def sources(self, target: S, *, among: Collection[S] | None = None, on_request: bool = False) -> tuple[S, ...]:
        """Return the states that `target` may follow, in the enum's order: all of them, or those `among` these.

        With `on_request` those from which a person's request leads there, and no others.

        Raises ForbiddenTransition when the table has no row for `target`, or none for one of `among`.
        """
        allowed = self._requested if on_request else self._allowed
        found = tuple(state for state in self.states if (state, target) in allowed)
        lacking = [state for state in among or () if state not in found]
        if lacking or not found:
            raise ForbiddenTransition(self.thing, lacking[0] if lacking else "any state", target)
        return tuple(state for state in found if among is None or state in among)

    def is_final(self, state: S) -> bool:
        """Return whether no change leads out of `state`, but on request."""
        return all(row.source != state for row in self._rows if not row.on_request)
