"""A campaign with a budget reserves an estimate for each call, settles it by the carrier's cost, and counts it once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.guard_campaigns import CampaignGuard
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.start_campaign import resume_campaign
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

# The estimate of a call is 0.02.
THREE_CALLS = {"total": "0.07", "per_day": None, "currency": "USD"}


def spent(world: World, campaign_id: str) -> str:
    """Return what is spent, and after a plus what is reserved for calls that are not over."""
    guards = world.stats(campaign_id).guards
    detail = next(reading.detail for reading in guards if reading.guard == "spend")
    reserved = re.search(r"and ([\d.]+) are reserved", detail)
    return detail.partition(" of ")[0] + (f" + {reserved[1]}" if reserved else "")


def calls_with_budget(world: World, number: int = 1, **spend: Any) -> tuple[str, list[str]]:
    campaign_id = world.campaign(spend={**THREE_CALLS, **spend})
    world.contacts(campaign_id, number)
    return campaign_id, world.claim(campaign_id)


def test_no_more_calls_are_claimed_than_fit_and_the_rest_waits(world: World) -> None:
    campaign_id, claimed = calls_with_budget(world, 5)

    assert len(claimed) == 3
    assert spent(world, campaign_id) == "0.00 + 0.06"
    assert world.claim(campaign_id) == []
    assert world.query("SELECT status, count(*) FROM contacts GROUP BY 1 ORDER BY 1") == [
        ("calling", 3),
        ("waiting", 2),
    ]


@pytest.mark.parametrize("limits", [{"total": "0.04"}, {"total": None, "per_day": "0.04"}])
def test_the_last_call_that_fits_exactly_is_made(world: World, limits: dict[str, Any]) -> None:
    _, claimed = calls_with_budget(world, 5, **limits)

    assert len(claimed) == 2


def test_what_was_spent_on_another_day_counts_in_all_and_not_today(world: World) -> None:
    campaign_id, _ = calls_with_budget(world, 5, per_day="0.02", total="0.05")
    world.execute("UPDATE calls SET reserved_at = reserved_at - interval '1 day'")

    second = world.claim(campaign_id)
    world.execute("UPDATE calls SET reserved_at = reserved_at - interval '1 day'")

    assert len(second) == 1
    assert world.claim(campaign_id) == []  # 0.04 of 0.05 are spent


def test_two_claims_at_once_share_what_is_left(world: World) -> None:
    campaign_id = world.campaign(spend=THREE_CALLS)
    world.contacts(campaign_id, 2)
    point = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: world.claim(campaign_id)) as first:
        point.is_reached()
        world.contacts(campaign_id, 4)
        with in_thread(lambda: world.claim(campaign_id)) as second:
            waits_for_a_lock(world, unless=second)
            point.go_on()

    assert sorted(len(claim.result()) for claim in (first, second)) == [1, 2]  # type: ignore[arg-type]
    assert spent(world, campaign_id) == "0.00 + 0.06"


def test_many_claims_beside_each_other_spend_no_more_than_the_budget(world: World) -> None:
    campaign_id = world.campaign(spend={**THREE_CALLS, "total": "0.31"})
    world.contacts(campaign_id, 40)

    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda _: world.claim(campaign_id, most=2), range(16)))

    assert sum(map(len, claims)) == 15
    assert spent(world, campaign_id) == "0.00 + 0.30"


def test_a_campaign_without_a_budget_takes_no_turns_and_reserves_nothing(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)

    call_id, _ = world.claim(campaign_id)

    assert world.call_row(call_id)["spent"] is None
    assert [reading.guard for reading in world.stats(campaign_id).guards] == ["abandon"]


def test_a_released_attempt_gives_its_reservation_back(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    campaign_id, claimed = calls_with_budget(world, 3)
    for call_id in claimed:
        world.dialer.dial_call(call_id)
    after_busy = spent(world, campaign_id)
    world.execute("UPDATE contacts SET due_at = now(), status = 'waiting'")

    again = world.claim(campaign_id)
    world.run(pause_campaign, campaign_id)

    assert (after_busy, len(again), spent(world, campaign_id)) == ("0.00", 3, "0.00")


def test_the_carriers_cost_takes_the_estimates_place_and_counts_once_however_often_it_comes(world: World) -> None:
    campaign_id, [call_id] = calls_with_budget(world)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.hang_up(call_id)
    before = spent(world, campaign_id)

    for n in range(3):
        cost = {"total_cost": "0.0553", "cost_parts": [{"currency": "USD", "cost": "0.0553"}], "status": "success"}
        world.hear(call_id, "call.cost", ident=f"cost-{n % 2}", **cost)
        world.advance()
        world.settle()
    fold_tallies(world.sql)

    assert (before, spent(world, campaign_id)) == ("0.02", "0.0553")
    assert world.call_row(call_id)["spent"] == Decimal("0.0553")


@pytest.mark.parametrize("cost", [{"total_cost": "much"}, {"total_cost": "0.01", "cost_parts": [{"currency": "EUR"}]}])
def test_a_cost_that_cannot_be_read_leaves_the_estimate(world: World, cost: dict[str, Any]) -> None:
    campaign_id, [call_id] = calls_with_budget(world)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.hear(call_id, "call.cost", **cost)
    world.hang_up(call_id)

    assert spent(world, campaign_id) == "0.02"


def test_a_call_that_nobody_answered_costs_nothing_unless_the_carrier_says_so(world: World) -> None:
    campaign_id, [call_id] = calls_with_budget(world)
    world.dialer.dial_call(call_id)
    world.hang_up(call_id, cause="timeout")
    before = spent(world, campaign_id)

    world.hear(call_id, "call.cost", total_cost="0.0010")
    world.advance()
    world.settle()

    assert (before, spent(world, campaign_id)) == ("0.00", "0.001")


def ended_calls(world: World, call_ids: list[str], *, cost: str) -> None:
    for call_id in call_ids:
        world.dialer.dial_call(call_id)
        world.hear(call_id, "call.answered")
        world.hear(call_id, "call.cost", total_cost=cost)
        world.hang_up(call_id)


def test_what_is_only_reserved_keeps_claims_back_and_pauses_nothing(world: World) -> None:
    campaign_id, claimed = calls_with_budget(world, 4, total="0.06")

    paused = world.run(CampaignGuard).guard_campaigns()

    assert (paused, len(claimed), world.claim(campaign_id)) == ([], 3, [])
    assert [world.call_row(call_id)["state"] for call_id in claimed] == ["reserved"] * 3


def test_a_budget_that_is_spent_pauses_the_campaign_until_a_person_raises_it(world: World) -> None:
    campaign_id, claimed = calls_with_budget(world, 4, total="0.06")
    ended_calls(world, claimed[:2], cost="0.02")
    before = world.run(CampaignGuard).guard_campaigns(), spent(world, campaign_id)
    ended_calls(world, claimed[2:], cost="0.000001")

    paused = world.run(CampaignGuard).guard_campaigns()

    assert before == ([], "0.04 + 0.02")
    assert (paused, spent(world, campaign_id)) == ([campaign_id], "0.040001")
    row = world.campaign_row(campaign_id)
    assert (row["status"], row["status_reason"]["code"]) == ("paused", "guard_spend")
    with pytest.raises(Conflict) as refused:
        world.run(resume_campaign, campaign_id)
    assert refused.value.code == "guard_spend"

    world.run(change_campaign, campaign_id, CampaignChanges.model_validate({"spend": {"total": "1.00"}}))
    world.run(resume_campaign, campaign_id)

    assert len(world.claim(campaign_id)) == 1
