"""What is said of a campaign before it is started."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.preflight import Plan, dialed_too_often, estimate, warnings

NOTHING = Plan(purpose="informational", is_always_open=False, caller_ids=1, dials=10, held_for_ever=0)
BUDGET = Spend.model_validate({"per_day": "5.00", "total": "20.00"})


def codes(plan: Plan) -> list[str]:
    return [each.code for each in warnings(plan)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purpose": None}, "purpose_left_out"),
        ({"is_always_open": True}, "hours_always"),
        ({"dials": 76}, "dials_per_caller_id"),
        ({"dials": 70, "made": 6}, "dials_per_caller_id"),
        ({"verified": ("+12125550100",)}, "attestation_b"),
        ({"purpose": "sales", "asks_lists": True}, "consent_not_asked"),
        ({"purpose": "sales", "asks_for_consent": True}, "lists_not_asked"),
        ({"old_lists": ("us-national",)}, "list_stale"),
        ({"held_for_ever": 3}, "held_until_somebody_acts"),
        ({"stop": "All dialing is stopped"}, "dialing_stopped"),
        ({"cost": Decimal(6), "spend": BUDGET, "left_in_all": Decimal(20)}, "spend_per_day"),
        ({"cost": Decimal(4), "spend": BUDGET, "left_in_all": Decimal(3)}, "spend_total"),
    ],
)
def test_one_thing_to_look_at_is_one_warning(change: dict[str, object], code: str) -> None:
    assert codes(replace(NOTHING, **change)) == [code]  # type: ignore[arg-type]


def test_a_campaign_with_nothing_to_look_at_has_no_warning() -> None:
    assert codes(NOTHING) == []
    assert codes(replace(NOTHING, dials=70, made=5)) == []
    assert codes(replace(NOTHING, dials=0, made=500)) == []
    assert codes(replace(NOTHING, cost=Decimal(5), spend=BUDGET, left_in_all=Decimal(5))) == []


def test_a_caller_id_that_has_dialed_too_often_is_told_by_its_number() -> None:
    assert dialed_too_often({}) == dialed_too_often({"+12125550100": 75}) == []

    [told] = dialed_too_often({"+12125550102": 76, "+12125550101": 76, "+12125550100": 75})

    assert (told.pointer, told.code) == ("/caller_ids", "dials_per_caller_id")
    assert told.detail.startswith("2 of 3 caller ids, such as +12125550101,")


def test_a_campaign_takes_as_long_as_its_rate_and_its_channels_let_it() -> None:
    by_rate = estimate(100, rate=2.0, channels=None, call_s=30.0, cost=Decimal("0.01"))
    by_channels = estimate(100, rate=2.0, channels=10, call_s=50.0, cost=None)
    unknown = estimate(100, rate=None, channels=None, call_s=None, cost=None)

    assert (by_rate.duration_s, by_rate.peak_channels, by_rate.cost) == (50.0, 60, "1.00")
    assert (by_channels.duration_s, by_channels.peak_channels, by_channels.cost) == (500.0, 10, None)
    assert (unknown.duration_s, unknown.peak_channels) == (None, None)
