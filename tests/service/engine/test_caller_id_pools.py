"""Which number of a pool a contact sees, how often each is dialed from, and that a resting one is not dialed from."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.dialing.pause_refused_campaigns import pause_refused_campaigns
from orchestrator.policy.dial_gate import Go, Hold
from orchestrator.policy.hold_reasons import Reason
from orchestrator.telnyx.answers import Refused
from tests.support.caller_id_pools import ONE, OTHER, THIRD, change, history, pool, pooled, rest_number, shown
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import held, say
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# -- which number ------------------------------------------------------------------------------------------------------


def test_contacts_are_spread_over_the_numbers_of_a_pool(world: World, carrier: CarrierStub) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    world.contacts(campaign_id, 30)

    world.dialer.dial_calls(world.claim(campaign_id))

    dialed = Counter(asked.body["from"] for asked in carrier.dials)
    assert set(dialed) == {ONE, OTHER} and min(dialed.values()) >= 5


def test_a_contact_sees_the_same_number_at_every_attempt(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER, THIRD), retry={"on": {"busy": {"after": "1m"}}})
    contact_id = world.contact(campaign_id)
    seen = set()

    for _ in range(3):
        [call_id] = world.claim(campaign_id)
        world.dialer.dial_call(call_id)
        world.hang_up(call_id, cause="user_busy")
        seen |= set(shown(world, [call_id]))
        world.execute("UPDATE contacts SET due_at = now() WHERE id = :id", id=contact_id)

    assert len(seen) == 1


def test_who_was_dialed_from_another_number_since_the_own_one_was_full_keeps_that_number(world: World) -> None:
    pool_id = pool(world, ONE, OTHER)
    campaign_id = pooled(world, pool_id, retry={"on": {"busy": {"after": "1m"}}})
    contact_id = world.contact(campaign_id)
    first = _would_see(world, campaign_id)
    history(world, first, 20, ago=HOUR - MINUTE)
    [call_id] = world.claim(campaign_id)
    [second] = shown(world, [call_id])
    world.dialer.dial_call(call_id)
    world.hang_up(call_id, cause="user_busy")
    world.execute("UPDATE calls SET last_sent_at = last_sent_at - interval '2 hours'")
    world.execute("UPDATE contacts SET due_at = now() WHERE id = :id", id=contact_id)

    again = shown(world, world.claim(campaign_id))

    assert (first != second, again) == (True, [second])


def test_a_full_number_moves_its_own_contacts_to_others_and_nobody_else(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER, THIRD, per_hour=60, per_day=60))
    contacts = world.contacts(campaign_id, 30)
    before = _claimed_by_contact(world, campaign_id)
    world.execute("UPDATE calls SET state = 'withdrawn'")
    world.execute(
        "UPDATE contacts SET status = 'waiting', current_call_id = NULL, due_at = now() - interval '1 minute'"
    )
    history(world, ONE, 60, ago=10 * HOUR)

    after = _claimed_by_contact(world, campaign_id)

    assert {contact for contact in contacts if before[contact] != after[contact]} == {
        contact for contact in contacts if before[contact] == ONE
    }
    assert set(after.values()) == {OTHER, THIRD}


def test_a_number_of_the_contacts_region_or_area_comes_first(world: World) -> None:
    numbers = ONE, OTHER, THIRD
    for number in numbers:
        _map(world, number)
    campaign_id = pooled(world, pool(world, *numbers, choose="local_then_sticky"))
    for _ in range(3):
        for area in ("212", "305", "415"):
            world.contact(campaign_id, phone=f"+1{area}555{_next():04d}")

    call_ids = world.claim(campaign_id)

    rows = [world.call_row(call_id) for call_id in call_ids]
    assert {row["to_number"][:5] == row["from_number"][:5] for row in rows} == {True} and len(rows) == 9


def test_where_the_contact_says_to_be_counts_more_than_the_area_code(world: World) -> None:
    for number in (ONE, OTHER):
        _map(world, number)
    campaign_id = pooled(world, pool(world, ONE, OTHER, choose="local_then_sticky"))
    for n in range(5):
        world.contact(campaign_id, phone=f"+1{ONE[2:5]}555{n:04d}", region="US-FL")  # and OTHER is a number of Miami

    assert set(shown(world, world.claim(campaign_id))) == {OTHER}


def test_a_campaign_without_a_pool_dials_as_before(world: World) -> None:
    rest_number(world, "+13125550100", utc_now() + DAY)
    history(world, "+13125550100", 80, ago=MINUTE)
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)

    assert shown(world, world.claim(campaign_id)) == ["+13125550100"] * 3


# -- how often ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("caps", "ago"), [({"per_hour": 5}, 10 * MINUTE), ({"per_day": 5}, 10 * HOUR)])
def test_a_claim_takes_no_more_than_the_numbers_have_left(world: World, caps: dict[str, int], ago: timedelta) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER, **caps))
    history(world, ONE, 2, ago=ago)
    history(world, OTHER, 5, ago=ago)
    world.contacts(campaign_id, 9)

    claimed = world.claim(campaign_id)

    assert shown(world, claimed) == [ONE] * 3
    assert world.held_by_reason(campaign_id) == {"caller_id_quota": 6}


def test_row_39_both_numbers_have_dialed_75_times_and_the_wait_ends_with_the_oldest(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    history(world, ONE, 75, ago=23 * HOUR - 74 * timedelta(seconds=1))
    history(world, OTHER, 75, ago=10 * HOUR)
    contact_id = world.contact(campaign_id)

    assert world.claim(campaign_id) == []

    oldest = world.query("SELECT min(last_sent_at) FROM calls WHERE from_number = :n", n=ONE)[0][0]
    assert held(world, contact_id) == ("held", "caller_id_quota", oldest + DAY)
    assert abs(oldest + DAY - utc_now() - HOUR) < MINUTE


@pytest.mark.parametrize("seconds", [-1, 1])
def test_a_dial_counts_for_exactly_an_hour(world: World, seconds: int) -> None:
    campaign_id = pooled(world, pool(world, ONE, per_hour=1))
    history(world, ONE, 1, ago=HOUR + timedelta(seconds=20 * seconds))
    world.contact(campaign_id)

    assert len(world.claim(campaign_id)) == (seconds > 0)


def test_a_number_that_is_full_by_the_hour_and_by_the_day_waits_for_the_later(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, per_hour=2, per_day=3))
    history(world, ONE, 3, ago=20 * MINUTE)
    contact_id = world.contact(campaign_id)

    world.claim(campaign_id)

    assert abs(held(world, contact_id)[2] - utc_now() - DAY + 20 * MINUTE) < MINUTE


def test_a_place_that_frees_soon_is_asked_for_after_15_minutes(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, per_hour=1))
    history(world, ONE, 1, ago=59 * MINUTE)
    contact_id = world.contact(campaign_id)

    world.claim(campaign_id)

    assert abs(held(world, contact_id)[2] - utc_now() - 15 * MINUTE) < MINUTE


def test_the_campaigns_own_cap_on_caller_ids_holds_in_its_pool(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER), caps={"per_caller_id_24h": 2})
    world.contacts(campaign_id, 9)

    assert Counter(shown(world, world.claim(campaign_id))) == {ONE: 2, OTHER: 2}


def test_two_claims_at_once_do_not_both_take_the_last_place_of_a_number(world: World) -> None:
    pool_id = pool(world, ONE, per_day=1)
    first, second = pooled(world, pool_id), pooled(world, pool_id)
    world.contact(first)
    world.contact(second)
    between = LockPoint(world.sql, before="INSERT INTO calls")  # its count is read, its dial not yet written

    with in_thread(lambda: world.claim(first)) as one:
        between.is_reached()
        with in_thread(lambda: world.claim(second)) as other:
            waits_for_a_lock(world, unless=other)
            between.go_on()

    assert [len(claimed.result()) for claimed in (one, other)] == [1, 0]  # type: ignore[arg-type]  # lists of ids


def test_many_claims_and_sends_at_once_dial_from_each_number_exactly_as_often_as_the_pool_says(
    world: World, carrier: CarrierStub
) -> None:
    pool_id = pool(world, ONE, OTHER, per_hour=4, per_day=7)
    campaigns = [pooled(world, pool_id) for _ in range(4)]
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

    assert Counter(asked.body["from"] for asked in carrier.dials) == {ONE: 4, OTHER: 4}


@pytest.mark.parametrize("caps", [{"per_hour": 1}, {"per_day": 1}])
def test_a_cap_reached_behind_the_claim_holds_at_the_send_and_another_number_is_chosen(
    world: World, carrier: CarrierStub, caps: dict[str, int]
) -> None:
    pool_id = pool(world, ONE, OTHER)
    campaign_id = pooled(world, pool_id)
    contact_id = world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    [first] = shown(world, [call_id])
    history(world, first, 1, ago=MINUTE)
    change(world, pool_id, **caps)

    world.dialer.dial_calls([call_id])

    assert carrier.dials == [] and held(world, contact_id)[1] == "caller_id_quota"
    [second] = shown(world, world.claim(campaign_id))
    assert {first, second} == {ONE, OTHER}


# -- rest --------------------------------------------------------------------------------------------------------------


def test_a_resting_number_is_not_dialed_from(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    rest_number(world, ONE, utc_now() + HOUR)
    world.contacts(campaign_id, 12)

    assert set(shown(world, world.claim(campaign_id))) == {OTHER}


def test_where_all_numbers_rest_a_contact_waits_for_the_first_that_awakes(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    awakes = utc_now() + 5 * MINUTE
    rest_number(world, ONE, awakes)
    rest_number(world, OTHER, awakes + HOUR)
    contact_id = world.contact(campaign_id)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "caller_id_resting", awakes)


def test_a_rest_ends_by_itself(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE))
    rest_number(world, ONE, utc_now() - timedelta(seconds=5))
    world.contact(campaign_id)

    assert shown(world, world.claim(campaign_id)) == [ONE]


def test_where_one_number_rests_and_the_other_is_full_the_first_to_open_ends_the_wait(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER, per_hour=1))
    awakes = utc_now() + 30 * MINUTE
    rest_number(world, ONE, awakes)
    history(world, OTHER, 1, ago=MINUTE)
    contact_id = world.contact(campaign_id)

    world.claim(campaign_id)

    assert held(world, contact_id) == ("held", "caller_id_quota", awakes)


@pytest.mark.parametrize("batch", [True, False])
def test_a_number_put_to_rest_behind_the_claim_is_not_dialed_from(
    world: World, carrier: CarrierStub, batch: bool
) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    contact_id = world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    [first] = shown(world, [call_id])
    rest_number(world, first, utc_now() + HOUR)

    if batch:
        world.dialer.dial_calls([call_id])
    else:
        world.dialer.dial_call(call_id)

    assert carrier.dials == [] and held(world, contact_id)[1] == "caller_id_resting"
    [second] = shown(world, world.claim(campaign_id))
    assert {first, second} == {ONE, OTHER} and world.contact_row(contact_id)["attempts"] == 0


def test_a_number_taken_out_of_the_pool_behind_the_claim_is_not_dialed_from(world: World, carrier: CarrierStub) -> None:
    pool_id = pool(world, ONE)
    campaign_id = pooled(world, pool_id)
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    change(world, pool_id, numbers=[{"number": OTHER}])

    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert shown(world, world.claim(campaign_id)) == [OTHER]


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wider", [{"per_hour": 2}, {"numbers": [{"number": ONE}, {"number": OTHER}]}])
def test_a_wider_pool_is_asked_about_again_at_once(world: World, wider: dict[str, object]) -> None:
    pool_id = pool(world, ONE, per_hour=1)
    campaign_id = pooled(world, pool_id)
    history(world, ONE, 1, ago=MINUTE)
    world.contact(campaign_id)
    assert world.claim(campaign_id) == []

    change(world, pool_id, **wider)

    assert len(world.claim(campaign_id)) == 1


def test_other_caller_ids_are_asked_about_at_once(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE))
    rest_number(world, ONE, utc_now() + DAY)
    world.contact(campaign_id)
    assert world.claim(campaign_id) == []
    world.execute("UPDATE campaigns SET status = 'paused' WHERE id = :id", id=campaign_id)

    say(world, campaign_id, caller_ids=[THIRD])

    world.execute("UPDATE campaigns SET status = 'running' WHERE id = :id", id=campaign_id)
    assert shown(world, world.claim(campaign_id)) == [THIRD]


def test_a_refused_caller_id_pauses_the_campaigns_of_its_pools(world: World) -> None:
    concerned, other = pooled(world, pool(world, ONE)), pooled(world, pool(world, OTHER))
    world.contact(concerned)
    [call_id] = world.claim(concerned)
    row = {**world.call_row(call_id), "db_now": utc_now()}
    refused = Refused(code="10010", title="not yours", d_code="D35")

    pause_refused_campaigns(world.sql, world.redis, world.keys, row, refused)  # type: ignore[arg-type]  # as a row

    assert [world.campaign_row(each)["status"] for each in (concerned, other)] == ["paused", "running"]


@pytest.mark.parametrize("rests", [True, False])
def test_a_contact_is_explained_by_its_pool(world: World, rests: bool) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER))
    contact_id = world.contact(campaign_id)
    awakes = utc_now() + HOUR
    for number in (ONE, OTHER):
        if rests:
            rest_number(world, number, awakes)
        else:
            history(world, number, 20, ago=HOUR / 2)

    explained = world.run(explain_contact, contact_id, at=None)

    answer = explained.explanation.answer
    reason = Reason.CALLER_ID_RESTING if rests else Reason.CALLER_ID_QUOTA
    assert isinstance(answer, Hold) and answer.reason is reason
    assert answer.until == awakes if rests else abs(answer.until - utc_now() - HOUR / 2) < MINUTE
    later = world.run(explain_contact, contact_id, at=utc_now() + 2 * HOUR)
    assert isinstance(later.explanation.answer, Go)


def _would_see(world: World, campaign_id: str) -> str:
    """Return the number that the one contact of a campaign would see, and leave it as it was."""
    [call_id] = world.claim(campaign_id)
    [number] = shown(world, [call_id])
    world.execute("UPDATE calls SET state = 'withdrawn' WHERE id = :id", id=call_id)
    world.execute(
        "UPDATE contacts SET status = 'waiting', current_call_id = NULL, due_at = now() - interval '1 minute'"
        " WHERE campaign_id = :id",
        id=campaign_id,
    )
    return number


def _claimed_by_contact(world: World, campaign_id: str) -> dict[str, str]:
    rows = [world.call_row(call_id) for call_id in world.claim(campaign_id)]
    return {row["contact_id"]: row["from_number"] for row in rows}


_numbers = iter(range(200, 9999))


def _next() -> int:
    return next(_numbers)


def _map(world: World, number: str) -> None:
    """Let a flow answer a number."""
    world.execute(
        "INSERT INTO numbers (id, number, flow_id, home_id) VALUES (:number, :number, :flow, :home)",
        number=number,
        flow=world.flow(),
        home=world.campaign(kind="inbound"),
    )
