"""Which numbers of a pool go to rest: at the edge of each rule, and none that is hardly known."""

from __future__ import annotations

import pytest

from orchestrator.policy.caller_id_health import NumberCalls, RestCause, who_goes_to_rest
from orchestrator.policy.caller_id_pool import Health

HEALTH = Health()
GOOD = NumberCalls(calls=100, answered=40, short=0)


def rests(*numbers: NumberCalls, health: Health = HEALTH) -> dict[str, str]:
    """Return the causes by the place of a number among `numbers`."""
    found = who_goes_to_rest({str(place): calls for place, calls in enumerate(numbers)}, health)
    return {number: rest.cause for number, rest in found.items()}


@pytest.mark.parametrize(
    ("calls", "cause"),
    [
        (NumberCalls(100, 20, 0), None),  # exactly half of the median
        (NumberCalls(100, 19, 0), RestCause.ANSWER_RATE),
        (NumberCalls(50, 9, 0), RestCause.ANSWER_RATE),
        (NumberCalls(49, 0, 0), None),  # too few calls to judge
        (NumberCalls(0, 0, 0), None),
        (NumberCalls(100, 40, 24), None),  # exactly 60 %
        (NumberCalls(100, 40, 25), RestCause.SHORT_CALLS),
        (NumberCalls(49, 40, 40), None),
        (NumberCalls(100, 19, 19), RestCause.ANSWER_RATE),
    ],
)
def test_a_number_rests_beyond_the_edge_of_a_rule(calls: NumberCalls, cause: RestCause | None) -> None:
    assert rests(calls, GOOD, GOOD) == ({"0": cause} if cause else {})


def test_the_median_is_that_of_the_numbers_that_are_judged() -> None:
    hardly_known = NumberCalls(calls=10, answered=10, short=0)

    assert rests(NumberCalls(100, 20, 0), GOOD, GOOD, hardly_known, hardly_known, hardly_known) == {}


def test_numbers_that_all_fare_badly_are_no_worse_than_the_others() -> None:
    assert rests(*[NumberCalls(100, 1, 0)] * 5) == {}
    assert rests(NumberCalls(100, 0, 0)) == rests(*[NumberCalls(100, 0, 0)] * 3) == {}


def test_the_bounds_are_the_pools_own() -> None:
    strict = Health(min_calls=10, answer_rate_below=1, short_call_share=0)

    assert rests(NumberCalls(10, 3, 0), GOOD, GOOD, health=strict) == {"0": RestCause.ANSWER_RATE}
    assert rests(NumberCalls(10, 5, 1), GOOD, GOOD, health=strict) == {"0": RestCause.SHORT_CALLS}
    assert rests(NumberCalls(10, 5, 5), health=Health(min_calls=10, short_call_share=1)) == {}


def test_a_rest_says_its_figures_in_words() -> None:
    found = who_goes_to_rest({"a": NumberCalls(100, 19, 0), "b": GOOD, "c": NumberCalls(100, 40, 30)}, HEALTH)

    assert found["a"].detail == "19 of its 100 calls were answered, 19.0%: below 50% of the pool's median, 40.0%"
    assert found["c"].detail == "30 of its 40 answered calls lasted less than 6 s: more than 60%"
