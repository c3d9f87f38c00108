"""docs/policy.md shows each answer of the gate as it is really explained."""

from __future__ import annotations

from itertools import pairwise

import pytest

from orchestrator.policy.dial_gate import CHECKS
from tests.support.explained_reasons import EXAMPLES, PAGE, Example, page_part, told_of

ORDER = [check.name for check in CHECKS]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.check)
def test_an_example_is_answered_by_the_check_that_it_is_for(example: Example) -> None:
    assert next(checked.check for checked in told_of(example).checks if not checked.passed) == example.check


def test_there_is_an_example_for_each_check_in_the_order_in_which_the_gate_asks() -> None:
    shown = [example.check for example in EXAMPLES]

    assert sorted(set(shown), key=ORDER.index) == ORDER
    assert all(ORDER.index(one) <= ORDER.index(other) for one, other in pairwise(shown))


def test_the_page_shows_what_is_really_said() -> None:
    assert page_part() in PAGE.read_text(), "run `python -m tests.support.explained_reasons`"
