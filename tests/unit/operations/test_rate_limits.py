"""The rate that dials are claimed at, beside the law that refuses a send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bounds import FASTEST, SLOWEST
from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.policy.pacing import dispatch_limits


@given(st.floats(SLOWEST, FASTEST))
def test_r7_no_more_is_claimed_in_the_long_run_than_the_law_lets_through(rate: float) -> None:
    law = dispatch_limits(rate)

    claimed = account_rate_limit("conn", calls_per_second=rate, max_live_calls=1).rate

    assert claimed * law.law_window_s <= law.law_sends * (1 + 1e-9)
    assert claimed >= 0.5 * rate


def test_a_campaigns_own_rate_is_what_it_says_for_no_law_counts_its_sends() -> None:
    assert campaign_rate_limit("cmp", {"calls_per_second": 0.5}).rate == 0.98 * 0.5
