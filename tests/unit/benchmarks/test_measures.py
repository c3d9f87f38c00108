"""What a measure claims, and how the carrier's ledger is read."""

from __future__ import annotations

import pytest

from benchmarks.calls import most_within, waits_ms
from benchmarks.measures import Measure, Sample, Target, in_turns, share


def test_a_target_is_held_against_the_ratio_where_there_is_a_bare_value() -> None:
    door = Measure("door", 850, "webhooks/s", 1_000, Target("least", 0.85))
    slow = Measure("door", 840, "webhooks/s", 1_000, Target("least", 0.85))

    assert (door.is_ok, slow.is_ok) == (True, False)


def test_a_target_is_held_against_the_value_where_there_is_nothing_bare() -> None:
    late = Measure("p99", 41, "ms", None, Target("most", 40))

    assert late.is_ok is False
    assert Measure("told", 41, "ms").is_ok is None


def test_sides_take_turns_and_their_medians_count() -> None:
    order: list[str] = []
    rates = {"a": iter([1.0, 9.0, 2.0]), "b": iter([5.0, 4.0, 3.0])}

    def side(name: str) -> Sample:
        order.append(name)
        return Sample(next(rates[name]), 0.0)

    medians = in_turns({"a": lambda: side("a"), "b": lambda: side("b")}, rounds=3)

    assert "".join(order) == "ababab"
    assert (medians["a"].per_s, medians["b"].per_s) == (2.0, 4.0)


@pytest.mark.parametrize(("part", "expected"), [(0.5, 51), (0.99, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(part: float, expected: float) -> None:
    assert share([float(n) for n in range(1, 101)], part) == expected


def test_dials_are_counted_in_every_trailing_window() -> None:
    assert most_within([0.0, 1.0, 4.9, 5.0, 5.5, 12.0], 5.0) == 4


def test_a_command_waits_from_the_last_webhook_that_could_cause_it() -> None:
    dial = {
        "webhooks": [
            {"type": "call.machine.premium.detection.ended", "sent_at": 10.0},
            {"type": "call.speak.started", "sent_at": 10.9},
            {"type": "call.gather.ended", "sent_at": 12.0},
        ],
        "commands": [
            {"at": 10.005, "duplicate": False},
            {"at": 12.01, "duplicate": False},
            {"at": 12.5, "duplicate": True},
        ],
    }

    assert [round(wait) for wait in waits_ms(dial)] == [5, 10]
