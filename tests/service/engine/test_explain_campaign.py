"""Why a campaign does not dial, or not faster: contacts counted by reason, with the time of the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from orchestrator.clock import utc_now
from orchestrator.errors import NotFound
from orchestrator.operations.campaigns.explain_campaign import CampaignExplained, explain_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.policy.calling_hours import next_opening
from orchestrator.policy.first_calls import FIRST_CALLS
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.store.redis.rate_limiter import close_dispatch
from orchestrator.store.sql import tables
from tests.support.world import CONNECTION, ZONE, World

HOUR = timedelta(hours=1)
ANOTHER_DAY = f"{utc_now() + timedelta(days=3):%a}".lower()
NEVER_OPEN = {"windows": [{"days": [ANOTHER_DAY], "start": "09:00", "end": "09:01"}]}


def explained(world: World, campaign_id: str) -> CampaignExplained:
    return world.run(explain_campaign, campaign_id)


def counted(world: World, campaign_id: str) -> dict[str, tuple[int, datetime | None]]:
    return {each.reason.value: (each.contacts, each.next_at) for each in explained(world, campaign_id).because}


def test_a_campaign_that_dials_says_so_and_no_reason(world: World) -> None:
    campaign_id = world.campaign(pacing={"calls_per_second": 5, "max_live_calls": 9})
    world.contacts(campaign_id, 3)

    answer = explained(world, campaign_id)

    assert (answer.is_dialing, answer.because) == (True, ())
    assert (answer.limits.rate, answer.limits.channels, answer.limits.guard) == (5, 9, None)


def test_nobody_has_no_explanation(world: World) -> None:
    with pytest.raises(NotFound):
        explained(world, "cmp_" + "0" * 26)


@pytest.mark.parametrize(
    ("campaign", "reason"),
    [
        ({"status": "draft"}, "campaign_not_started"),
        ({"status": "paused"}, "campaign_paused"),
        ({"status": "canceled"}, "campaign_canceled"),
        ({"status": "completed"}, "campaign_ended"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "campaign_ended"),
    ],
)
def test_what_keeps_a_whole_campaign_from_dialing_counts_all_who_are_not_done(
    world: World, campaign: dict[str, Any], reason: str
) -> None:
    campaign_id = world.campaign(**campaign)
    world.contacts(campaign_id, 2)
    world.contact(campaign_id, status="held", reason="number_gap")
    world.contact(campaign_id, status="completed", reason="human")

    answer = explained(world, campaign_id)

    assert [(each.reason.value, each.contacts, each.next_at) for each in answer.because] == [(reason, 3, None)]
    assert not answer.is_dialing


def test_a_scheduled_campaign_says_when_it_begins(world: World) -> None:
    starts_at = utc_now() + HOUR
    campaign_id = world.campaign(status="scheduled", starts_at=starts_at)
    world.contact(campaign_id)

    assert counted(world, campaign_id) == {"campaign_not_started": (1, starts_at)}


def test_a_campaign_that_a_guard_has_paused_names_the_guard(world: World) -> None:
    why = {"code": "guard_abandon", "detail": "30 of 1,000 calls were abandoned.", "at": None}
    campaign_id = world.campaign(status="paused", status_reason=why)
    world.contact(campaign_id)

    answer = explained(world, campaign_id)

    assert answer.limits.guard == "guard_abandon"
    assert "30 of 1,000" in answer.because[0].sentence


def test_a_stop_of_all_dialing_is_said_with_its_reason(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    world.stop_dialing(reason="wrong list")

    [why] = explained(world, campaign_id).because

    assert (why.reason, why.contacts) == (Reason.DIALING_STOPPED, 1)
    assert "wrong list" in why.sentence


def test_contacts_are_counted_by_what_each_waits_for_and_the_next_of_each_is_told(world: World) -> None:
    now = utc_now()
    campaign_id = world.campaign()
    for hours in (3, 1, 2):
        world.contact(campaign_id, status="held", reason="number_gap", due_at=now + hours * HOUR)
        world.contact(campaign_id, status="waiting", reason="no_answer", due_at=now + 2 * hours * HOUR, attempts=1)
    world.contact(campaign_id, status="waiting", reason="busy", due_at=now + HOUR, attempts=1)
    world.contact(campaign_id, status="waiting", reason="busy", due_at=now - HOUR, attempts=1)
    world.contact(campaign_id, status="held", reason="record_failed", due_at=None)

    answer = explained(world, campaign_id)

    assert counted(world, campaign_id) == {
        "retry_due": (4, now + HOUR),
        "number_gap": (3, now + HOUR),
        "record_failed": (1, None),
    }
    assert [each.contacts for each in answer.because] == [4, 3, 1]
    assert answer.is_dialing  # one who was busy is due


def test_a_campaign_whose_contacts_all_wait_is_not_dialing(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, status="waiting", reason="busy", due_at=utc_now() + HOUR, attempts=1)

    assert not explained(world, campaign_id).is_dialing


def test_who_waits_in_a_closed_zone_waits_for_the_first_of_them_to_open(world: World) -> None:
    campaign_id = world.campaign(calling_hours=NEVER_OPEN)
    with world.sql.begin() as tx:
        tx.execute(insert(tables.campaign_zones).values(campaign_id=campaign_id, zone="Asia/Tokyo"))
    world.contacts(campaign_id, 2)
    world.contact(campaign_id, zone="Asia/Tokyo")
    world.contact(campaign_id, zone="")
    hours, now = CallingHours.model_validate(NEVER_OPEN), utc_now()

    first = min(moment for zone in (ZONE, "Asia/Tokyo") if (moment := next_opening(hours, zone, now)))
    assert counted(world, campaign_id) == {"outside_hours": (3, first), "zone_unknown": (1, None)}
    assert not explained(world, campaign_id).is_dialing


@pytest.mark.parametrize(
    ("pacing", "reason"), [({"calls_per_second": 0.01}, "rate"), ({"max_live_calls": 1}, "no_capacity")]
)
def test_a_campaign_at_its_own_limit_dials_and_says_who_is_next_in_line(
    world: World, pacing: dict[str, Any], reason: str
) -> None:
    campaign_id = world.campaign(pacing=pacing)
    world.contacts(campaign_id, 4)
    world.dispatcher.dispatch_calls()

    answer = explained(world, campaign_id)

    assert [(each.reason.value, each.contacts) for each in answer.because] == [(reason, 3)]
    assert answer.is_dialing


def test_a_carrier_that_is_away_keeps_everybody_who_is_due(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)
    close_dispatch(world.redis, world.keys, CONNECTION, reason="test")

    assert counted(world, campaign_id) == {"carrier_unavailable": (2, None)}
    assert not explained(world, campaign_id).is_dialing


def test_a_campaign_that_waits_for_its_first_webhook_says_so_until_one_has_come(world: World) -> None:
    world.execute("UPDATE connections SET calls_per_second = 100")  # a burst that more than the first calls fit in
    started = utc_now() - timedelta(minutes=1)
    campaign_id = world.campaign(heard_webhooks=False, proving_since=started)
    contacts = world.contacts(campaign_id, FIRST_CALLS + 3)

    before = explained(world, campaign_id)
    called = [call_id for _ in range(3) for call_id in world.dispatcher.dispatch_calls()]
    waiting = next(each for each in contacts if world.contact_row(each)["status"] == "waiting")
    told, person = explained(world, campaign_id), world.run(explain_contact, waiting, at=None)
    world.hear(called[0], "call.initiated")
    world.advance()
    after = explained(world, campaign_id)

    assert (before.is_dialing, before.because, len(called)) == (True, (), FIRST_CALLS)
    assert not told.is_dialing
    assert {each.reason: (each.contacts, each.next_at) for each in told.because} == {Reason.FIRST_WEBHOOK: (3, None)}
    assert (person.explanation.reason, person.explanation.until) == (Reason.FIRST_WEBHOOK, None)
    assert (after.is_dialing, after.because) == (True, ())
