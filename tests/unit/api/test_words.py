"""Numbers and states as people read them."""

from __future__ import annotations

import pytest

from api.pages import words
from orchestrator.policy.hold_reasons import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_one_waits_and_two_wait(reason: Reason) -> None:
    one, two = words.waits(reason, 1).split(), words.waits(reason, 2).split()

    assert one[0] != two[0] and one[1:] == two[1:]


def test_a_rate_has_a_fraction_only_where_there_is_one() -> None:
    assert [words.rate(29.0), words.rate(0.5), words.rate(1_000), words.rate(None)] == ["29", "0.5", "1,000", "–"]


def test_what_is_so_or_not_is_said_with_yes_and_no() -> None:
    assert words.brief({"ignored": False, "is_on_it": True, "list": None}) == "ignored no, is on it yes"
    assert words.brief([{"days": ["mon"]}, {"days": ["tue"]}]) == "days mon, days tue"
