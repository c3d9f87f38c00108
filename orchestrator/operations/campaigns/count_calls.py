"""Counts the calls of a campaign by state and by result, from its tallies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from orchestrator.model.attempt_state import IN_FLIGHT, AttemptState
from orchestrator.store.sql.tallies import Tally


class Calls(NamedTuple):
    """The number of calls with the same state and result."""

    state: str | None
    disposition: str | None
    outcome: str | None
    n: int


def calls_of(tally: Sequence[Tally]) -> list[Calls]:
    """Return the calls of tallies by [state, disposition, outcome], without withdrawn attempts."""
    calls = [Calls(state, disposition, outcome, n) for (state, disposition, outcome), n in tally]
    return [each for each in calls if each.state != AttemptState.WITHDRAWN]


def phases_of(tally: Sequence[Calls]) -> dict[str, int]:
    """Return how many calls were dialed, are live, and have ended."""
    by_state = Counter[str | None]()
    for calls in tally:
        by_state[calls.state] += calls.n
    live = sum(by_state[state] for state in IN_FLIGHT)
    return {
        "dialed": by_state.total() - by_state[AttemptState.RESERVED],
        "live": live,
        "ended": by_state[AttemptState.ENDED],
    }


def count_by(name: str, tally: Sequence[Calls]) -> dict[str, int]:
    """Return how many calls have each value of `disposition` or `outcome`, the most frequent first."""
    counts = Counter[str]()
    for calls in tally:
        if (value := getattr(calls, name)) is not None:
            counts[value] += calls.n
    return dict(counts.most_common())
