"""Rates, shares, and how a rate gives way and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.pacing import dispatch_limits, share_by_weight


@pytest.mark.parametrize(
    ("rate", "sends", "window", "burst"),
    [
        (29.0, 145, 5.05, 4.35),
        (1.0, 5, 5.05, 1.0),
        (0.2, 1, 5.05, 1.0),
        (0.6, 3, 5.05, 1.0),
        (4.6, 23, 5.05, 1.0),
        (0.1, 1, 10.0, 1.0),
    ],
)
def test_r7_the_law_is_floor_of_five_r_in_five_seconds(rate: float, sends: int, window: float, burst: float) -> None:
    limits = dispatch_limits(rate)

    assert (limits.law_sends, limits.law_window_s) == (sends, window)
    assert limits.burst == pytest.approx(burst)
    assert limits.pace_per_s == pytest.approx(0.98 * rate)


@given(st.floats(0.001, 1000))
def test_r7_the_law_never_allows_more_than_the_rate(rate: float) -> None:
    limits = dispatch_limits(rate)

    assert limits.law_sends / limits.law_window_s <= rate * (1 + 1e-6)
    assert limits.law_sends >= 1


def test_campaigns_share_by_weight() -> None:
    shares = share_by_weight(40, {"a": 100, "b": 100}, {"a": 3, "b": 1})

    assert shares.grants == {"a": 30, "b": 10}


def test_what_one_campaign_does_not_want_goes_to_the_others() -> None:
    shares = share_by_weight(10, {"a": 2, "b": 100, "c": 0}, {"a": 1, "b": 1, "c": 5})

    assert shares.grants == {"a": 2, "b": 8, "c": 0}


def test_a_round_of_one_dial_is_shared_over_the_rounds() -> None:
    totals, carried = {"a": 0, "b": 0}, None

    for _ in range(40):
        shares = share_by_weight(1, {"a": 9, "b": 9}, {"a": 3, "b": 1}, carried)
        carried = shares.carried
        totals = {name: totals[name] + shares.grants[name] for name in totals}

    assert totals == {"a": 30, "b": 10}


def test_a_campaign_that_wanted_nothing_for_long_has_no_claim_on_the_past() -> None:
    carried: dict[str, float] = {}
    for _ in range(1000):
        carried = share_by_weight(5, {"a": 100, "b": 0}, {"a": 1, "b": 1}, carried).carried

    assert share_by_weight(10, {"a": 100, "b": 100}, {"a": 1, "b": 1}, carried).grants == {"a": 5, "b": 5}


@given(
    available=st.integers(-1, 60),
    wanted=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30)),
    weight=st.lists(st.integers(1, 9), min_size=6, max_size=6),
)
def test_shares_are_never_more_than_wanted_or_available_and_waste_nothing(
    available: int, wanted: dict[str, int], weight: list[int]
) -> None:
    grants = share_by_weight(available, wanted, dict(zip("abcdef", weight, strict=True))).grants

    assert all(0 <= grants[name] <= wanted[name] for name in wanted)
    assert sum(grants.values()) == max(0, min(available, sum(wanted.values())))
