"""How often one caller id dials within 24 hours: exactly as often as its cap says, whichever process dials."""

from __future__ import annotations

import threading
from datetime import timedelta

from orchestrator.clock import utc_now
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import DAY, dialed, held, one_more, say, sent_at
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

# -- caller ids --------------------------------------------------------------------------------------------------------


def test_a_caller_id_dials_without_limit_where_nobody_says_one(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 40)

    assert len(world.claim(campaign_id)) == 40


def test_a_claim_takes_no_more_than_its_caller_id_has_left(world: World) -> None:
    world.set_caps(per_caller_id_24h=5)
    dialed(world, hours_ago=1)
    campaign_id = world.campaign()
    world.contacts(campaign_id, 9)

    claimed = world.claim(campaign_id)

    assert len(claimed) == 4
    assert world.held_by_reason(campaign_id) == {"caller_id_quota": 5}


def test_who_waits_for_a_caller_id_waits_until_its_oldest_dial_is_a_day_old(world: World) -> None:
    oldest, _ = (dialed(world, hours_ago=hours) for hours in (20, 1))
    campaign_id, contact_id = one_more(world, phone="+13125550143", caps={"per_caller_id_24h": 2})

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "caller_id_quota", sent_at(world, oldest) + DAY)


def test_a_backlog_is_not_asked_again_for_every_place_that_frees(world: World) -> None:
    dialed(world, hours_ago=23.999)
    campaign_id, contact_id = one_more(world, phone="+13125550143", caps={"per_caller_id_24h": 1})

    world.claim(campaign_id)

    assert held(world, contact_id)[2] > utc_now() + timedelta(minutes=10)


def test_another_caller_id_has_its_own_count(world: World) -> None:
    world.set_caps(per_caller_id_24h=1)
    dialed(world, hours_ago=1)
    campaign_id = world.campaign(caller_ids=["+13125550101"])
    world.contacts(campaign_id, 2)

    assert len(world.claim(campaign_id)) == 1


def test_two_claims_at_once_do_not_both_take_the_last_place_of_a_caller_id(world: World) -> None:
    world.set_caps(per_caller_id_24h=1)
    first, second = one_more(world)[0], one_more(world, phone="+13125550143")[0]
    between = LockPoint(world.sql, before="INSERT INTO calls")  # its count is read, its dial not yet written

    with in_thread(lambda: world.claim(first)) as one:
        between.is_reached()
        with in_thread(lambda: world.claim(second)) as other:
            waits_for_a_lock(world, unless=other)
            between.go_on()

    assert [len(claimed.result()) for claimed in (one, other)] == [1, 0]  # type: ignore[arg-type]  # lists of ids
    assert world.held_by_reason(second) == {"caller_id_quota": 1}


def test_many_claims_and_sends_at_once_dial_from_a_caller_id_exactly_as_often_as_the_cap_says(
    world: World, carrier: CarrierStub
) -> None:
    world.set_caps(per_caller_id_24h=7)
    campaigns = [world.campaign() for _ in range(5)]
    for campaign_id in campaigns:
        world.contacts(campaign_id, 6)

    def dialer_of(campaign_id: str) -> None:
        for _ in range(4):
            for call_id in world.claim(campaign_id, most=2):
                world.dialer.dial_call(call_id)

    threads = [threading.Thread(target=dialer_of, args=(campaign_id,)) for campaign_id in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(carrier.dials) == 7


def test_a_caller_ids_cap_tightened_behind_the_claim_holds_at_the_send(world: World, carrier: CarrierStub) -> None:
    dialed(world, hours_ago=1)
    campaign_id, contact_id = one_more(world, phone="+13125550143")
    [call_id] = world.claim(campaign_id)
    say(world, campaign_id, caps={"per_caller_id_24h": 1})

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1
    assert held(world, contact_id)[:2] == ("held", "caller_id_quota")
