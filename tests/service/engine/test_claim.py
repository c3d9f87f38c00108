"""Claiming contacts: one attempt each, guarded by number, held with a reason, never starving."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.find_suppressions import lift_suppression
from orchestrator.operations.contacts.suppress_number import suppress_number
from tests.support.world import ZONE, World


def test_a_claimed_contact_is_calling_and_has_one_reserved_attempt(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)

    [call_id] = world.claim(campaign_id)

    row, contact = world.call_row(call_id), world.contact_row(contact_id)
    assert (row["state"], row["attempt"], row["send_no"]) == ("reserved", 1, 0)
    assert (contact["status"], contact["current_call_id"], contact["attempts"]) == ("calling", call_id, 0)
    assert row["request"]["command_id"] == row["command_id"]


def test_a_claimed_contact_is_not_claimed_again(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    world.claim(campaign_id)

    assert world.claim(campaign_id) == []


def test_many_dispatchers_at_once_claim_each_contact_once(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 60)
    claimed: list[str] = []

    def dispatcher() -> None:
        while call_ids := world.claim(campaign_id, most=7):
            claimed.extend(call_ids)

    threads = [threading.Thread(target=dispatcher) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed += world.claim(campaign_id, most=60)  # what a rival held locked at the end

    assert len(claimed) == len(set(claimed)) == 60
    assert world.query("SELECT count(DISTINCT contact_id) FROM calls") == [(60,)]


def test_the_same_number_in_two_campaigns_is_dialed_once_at_a_time(world: World) -> None:
    first, second = world.campaign(), world.campaign()
    world.contact(first, phone="+13125550142")
    rival = world.contact(second, phone="+13125550142")

    assert len(world.claim(first)) == 1
    assert world.claim(second) == []
    held = world.contact_row(rival)
    assert (held["status"], held["reason"]) == ("held", "number_in_use")
    assert held["due_at"] > utc_now()


def test_two_live_attempts_for_one_contact_cannot_be_written(world: World) -> None:
    call_id = world.claimed_call()
    row = dict(world.call_row(call_id))

    with pytest.raises(IntegrityError, match="calls_attempt"):
        world.execute(
            "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt,"
            " command_id, ring_limit_s, talk_limit_s)"
            " VALUES ('call_x', :campaign, :contact, 'c', '+19', '+1', 1, 'x', 30, 60)",
            campaign=row["campaign_id"],
            contact=row["contact_id"],
        )


def test_r10_a_contact_that_cannot_be_dialed_does_not_stand_in_the_way_of_one_that_can(world: World) -> None:
    campaign_id = world.campaign(number_gap_s=3600)
    later = utc_now() + timedelta(hours=1)
    for _ in range(30):
        world.contact(campaign_id, priority=9, not_before=later)
    world.contact(campaign_id, priority=0)

    claims = [world.claim(campaign_id, most=10) for _ in range(5)]

    assert sum(map(len, claims)) == 1
    held = world.query("SELECT count(*) FROM contacts WHERE status = 'held' AND reason = 'not_yet'")
    assert held == [(30,)]


@pytest.mark.parametrize("priorities", [3, 60])
def test_of_many_who_are_due_the_highest_priority_comes_first_and_then_who_waited_longest(
    world: World, priorities: int
) -> None:
    campaign_id = world.campaign()
    now = utc_now()
    due = {
        world.contact(campaign_id, priority=n % priorities, due_at=now - timedelta(minutes=1 + n * 7 % 120)): n
        for n in range(120)
    }
    for n in range(40):  # of the highest priorities, and not due
        world.contact(campaign_id, priority=priorities + n, due_at=now + timedelta(hours=1))

    claimed = [world.call_row(call_id)["contact_id"] for call_id in world.claim(campaign_id, most=5)]

    first = sorted(due, key=lambda ident: (due[ident] % priorities, due[ident] * 7 % 120), reverse=True)
    assert sorted(claimed) == sorted(first[:5])


def test_where_few_are_due_all_of_them_are_claimed_though_many_are_not(world: World) -> None:
    campaign_id = world.campaign()
    for n in range(30):
        world.contact(campaign_id, priority=9, due_at=utc_now() + timedelta(hours=1 + n))
    due = [world.contact(campaign_id, priority=n) for n in range(3)]

    claimed = [world.call_row(call_id)["contact_id"] for call_id in world.claim(campaign_id, most=5)]

    assert sorted(claimed) == sorted(due)


def test_r10_a_claim_selects_only_zones_that_are_open(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, zone="Asia/Tokyo")
    here = world.contact(campaign_id, zone=ZONE)

    [call_id] = world.claim(campaign_id)

    assert world.call_row(call_id)["contact_id"] == here


def test_r10_candidates_come_first_so_that_an_empty_campaign_takes_no_place_in_the_rate(world: World) -> None:
    empty, full = world.campaign(), world.campaign()
    world.contacts(full, 5)

    world.claim(empty, rate=0.01)

    assert world.redis.get(world.keys.gcra("conn-1")) is None
    assert len(world.claim(full)) == 5


def test_r10_what_lost_its_numbers_guard_gives_its_channel_back(world: World) -> None:
    first, second = world.campaign(), world.campaign()
    world.contact(first, phone="+13125550142")
    world.contact(second, phone="+13125550142")
    world.claim(first)

    world.claim(second)

    assert world.redis.zcard(world.keys.slots("conn-1")) == 1
    assert world.redis.zcard(world.keys.slots(second)) == 0


def test_a_suppressed_contact_ends_at_the_claim_with_its_reason(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone="+13125550177")
    world.execute("INSERT INTO suppressions (id, phone, scope, reason) VALUES ('s', '+13125550177', 'global', 'asked')")

    assert world.claim(campaign_id) == []
    assert world.contact_row(contact_id)["status"] == "suppressed"


def test_an_expired_suppression_does_not_count(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, phone="+13125550177")
    world.execute(
        "INSERT INTO suppressions (id, phone, scope, reason, expires_at)"
        " VALUES ('s', '+13125550177', 'global', 'asked', now() - interval '1 second')"
    )

    assert len(world.claim(campaign_id)) == 1


def test_a_suppression_that_was_lifted_does_not_count(world: World) -> None:
    campaign_id = world.campaign()
    world.run(suppress_number, "+13125550178", reason="asked")
    world.run(lift_suppression, {"phone": "+13125550178"}, by="anna", because=None)
    world.contact(campaign_id, phone="+13125550178")

    assert len(world.claim(campaign_id)) == 1


def test_the_gap_to_the_last_dial_of_a_number_holds_it_until_then(world: World) -> None:
    first, second = world.campaign(), world.campaign(number_gap_s=7200)
    world.contact(first, phone="+13125550142")
    [earlier] = world.claim(first)
    world.dialer.dial_call(earlier)
    world.hang_up(earlier)
    contact_id = world.contact(second, phone="+13125550142")

    assert world.claim(second) == []
    held = world.contact_row(contact_id)
    assert (held["status"], held["reason"]) == ("held", "number_gap")
    assert timedelta(minutes=110) < held["due_at"] - utc_now() <= timedelta(hours=2)


def test_without_a_free_channel_nothing_is_claimed_and_nothing_changes(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)

    assert world.claim(campaign_id, channels=0 + 1) and world.claim(campaign_id, channels=1) == []
    other = world.contact(campaign_id)
    assert world.claim(campaign_id, channels=1) == []
    assert world.contact_row(other)["status"] == "waiting"
    assert world.contact_row(contact_id)["status"] == "calling"
