"""The way of a command is taken apart by the times that it carries."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.hop import Hop, hops_of

COMMAND = {"action": "speak", "caused_at": 1_000, "read_at": 1_004, "committed_at": 1_010}
SENT = {"started_ms": 1_030.0, "posted_ms": 1_032.5, "answered_ms": 1_132.5}


def test_each_hop_ends_where_the_next_begins_and_the_whole_ends_at_the_post() -> None:
    assert hops_of(COMMAND, **SENT) == {
        Hop.DOOR_TO_READ: 4.0,
        Hop.READ_TO_COMMIT: 6.0,
        Hop.COMMIT_TO_START: 20.0,
        Hop.START_TO_POST: 2.5,
        Hop.POST_TO_ANSWER: 100.0,
        Hop.WHOLE: 32.5,
    }


@pytest.mark.parametrize("missing", ["caused_at", "read_at", "committed_at"])
def test_of_a_command_of_a_version_before_nothing_is_counted(missing: str) -> None:
    command: dict[str, Any] = {name: value for name, value in COMMAND.items() if name != missing}

    assert hops_of(command, **SENT) == {}


def test_where_the_clocks_of_two_machines_differ_no_hop_takes_less_than_nothing() -> None:
    ahead = {**COMMAND, "read_at": 990, "committed_at": 995}

    taken = hops_of(ahead, **SENT)

    assert (taken[Hop.DOOR_TO_READ], taken[Hop.WHOLE]) == (0.0, 32.5)
    assert min(taken.values()) == 0.0
