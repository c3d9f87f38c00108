"""What is called carried was carried: all of it, and as fast as in life."""

from __future__ import annotations

from benchmarks.climb import Step, climb, sustained


def step(count: int, *, arrived: int = 1_000, behind_s: float = 0.0) -> Step:
    return Step(count=count, seconds=4, sent=1_000, arrived=arrived, behind_s=behind_s, receiver=0.9, senders=0.5)


def test_all_of_the_estimate_is_tried_in_steps() -> None:
    steps = climb(step, 1_765.4)

    assert [each.count for each in steps] == [441, 882, 1_324, 1_765]
    assert sustained(steps) == 1_765


def test_what_loses_pieces_is_not_carried_and_the_last_thing_tried() -> None:
    steps = climb(lambda count: step(count, arrived=990 if count > 1_000 else 1_000), 2_000)

    assert [each.count for each in steps] == [500, 1_000, 1_500, 1_500]
    assert sustained(steps) == 1_000
    assert str(steps[-1]) == "1,500: 1.00% lost (receiver 90%, senders 50% of a core)"


def test_a_step_that_failed_gets_a_second_chance() -> None:
    arrived = iter([990, 1_000, 1_000, 1_000, 1_000])

    steps = climb(lambda count: step(count, arrived=next(arrived)), 100)

    assert [each.count for each in steps] == [25, 25, 50, 75, 100]
    assert sustained(steps) == 100


def test_what_was_sent_too_slowly_proves_nothing() -> None:
    steps = climb(lambda count: step(count, behind_s=0.4), 100)

    assert (len(steps), sustained(steps)) == (2, 0)
    assert str(steps[0]) == "25: none lost, sent 10% too slowly (receiver 90%, senders 50% of a core)"
