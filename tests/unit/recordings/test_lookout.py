"""Sixteen fetchers ask for work as often as one, as long as there is none."""

from __future__ import annotations

from orchestrator.operations.recordings.lookout import Lookout


def test_while_one_has_found_nothing_no_other_looks() -> None:
    now = [100.0]
    lookout = Lookout(0.9, monotonic=lambda: now[0])

    first = [lookout.takes_turn() for _ in range(16)]
    now[0] += 1.0
    second = [lookout.takes_turn() for _ in range(16)]

    assert first == second == [True] + [False] * 15


def test_where_one_has_found_something_the_others_look_at_once() -> None:
    lookout = Lookout(0.9, monotonic=lambda: 100.0)
    lookout.takes_turn()

    lookout.found()

    assert lookout.takes_turn()
