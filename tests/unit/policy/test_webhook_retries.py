"""When a delivery is tried again, and when an endpoint rests."""

from __future__ import annotations

from orchestrator.policy.webhook_retries import GIVE_UP_S, RESTS_AFTER, pause_after, rest_after


def test_tries_become_rarer_and_the_last_is_when_three_days_are_over() -> None:
    age_s, pauses = 0.0, []
    while (pause_s := pause_after(len(pauses) + 1, age_s=age_s)) is not None:
        pauses.append(pause_s)
        age_s += pause_s

    assert pauses[:4] == [5, 30, 120, 600]
    assert GIVE_UP_S <= age_s <= GIVE_UP_S + 60
    assert len(pauses) == 14


def test_pauses_are_spread_but_never_beyond_the_last_try() -> None:
    assert pause_after(2, age_s=0, spread=1.2) == 36
    assert pause_after(99, age_s=GIVE_UP_S - 600, spread=1.2) == 600
    assert pause_after(1, age_s=GIVE_UP_S) is None


def test_an_endpoint_rests_after_five_failures_in_a_row_longer_each_time() -> None:
    rests = [rest_after(RESTS_AFTER + n) for n in range(-1, 12)]

    assert rests == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert rest_after(10**6) == 300
