"""Caps of a week and of a subject, and rests after a call: over all campaigns, to the microsecond, whoever dials."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.policy.dial_gate import Go, Hold, may_dial
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import DAY, PHONE, held, one_more, recorded, say, sent_at
from tests.support.world import World

TICK = timedelta(microseconds=1)
WEEK = 7 * DAY
A_WEEKS_DIALS = (160, 140, 120, 100, 80, 60, 30)  # hours ago; never more than three in a day


def single(world: World, **changes: Any) -> Any:
    wanted = NewCall.model_validate(
        {"to": PHONE, "from": "+13125550100", "ignore_hours": True, "because": "a test", **changes}
    )
    return world.run(place_call, wanted, contact_id=new_id("con"))


def ended_at(world: World, call_id: str) -> datetime:
    moment: datetime = world.call_row(call_id)["ended_at"]
    return moment


def verdict(world: World, contact_id: str, at: datetime) -> object:
    """Return what the gate says of a contact at a moment."""
    with world.sql.connect() as tx:
        row = read_facts(tx, [contact_id], world.caps, at=at)[contact_id]
    return may_dial(gate_facts(row, contact_status_ok=True, from_caller_id=Dials()), row["db_now"])


# -- seven in seven days -----------------------------------------------------------------------------------------------


def test_a_number_is_dialed_seven_times_in_seven_days_and_the_eighth_waits_for_the_first(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS]
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "number_week_limit", sent_at(world, first) + WEEK)


def test_the_week_ends_to_the_microsecond(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS]
    _, contact_id = one_more(world)
    frees_at = sent_at(world, first) + WEEK

    assert verdict(world, contact_id, frees_at - TICK) == Hold("number_week_limit", frees_at)
    assert verdict(world, contact_id, frees_at) == Go()


def test_the_day_ends_to_the_microsecond(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours) for hours in (3, 2, 1)]
    _, contact_id = one_more(world)
    frees_at = sent_at(world, first) + DAY

    assert verdict(world, contact_id, frees_at - TICK) == Hold("number_day_limit", frees_at)
    assert verdict(world, contact_id, frees_at) == Go()


def test_of_the_day_and_the_week_the_day_is_told_first(world: World) -> None:
    [recorded(world, hours_ago=hours) for hours in (100, 90, 80, 70, 3, 2, 1)]
    campaign_id, contact_id = one_more(world)

    world.claim(campaign_id)

    assert held(world, contact_id)[1] == "number_day_limit"


def test_a_week_of_a_campaign_is_stricter_and_waits_for_its_own_oldest(world: World) -> None:
    _, second, _ = (recorded(world, hours_ago=hours) for hours in (100, 70, 40))
    campaign_id, contact_id = one_more(world, caps={"per_number_7d": 2})

    world.claim(campaign_id)

    assert held(world, contact_id) == ("held", "number_week_limit", sent_at(world, second) + WEEK)


def test_a_cap_of_a_week_says_nothing_of_older_dials(world: World) -> None:
    [recorded(world, hours_ago=hours) for hours in (169, 168.1, *A_WEEKS_DIALS[1:])]
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_an_installation_without_caps_dials_on(world: World) -> None:
    world.set_caps()
    [recorded(world, hours_ago=hours / 10) for hours in range(1, 20)]
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_a_cap_of_a_week_reached_behind_the_claim_stops_the_send(world: World, carrier: CarrierStub) -> None:
    campaign_id, contact_id = one_more(world)
    [call_id] = world.claim(campaign_id)
    first = recorded(world, hours_ago=30)
    say(world, campaign_id, caps={"per_number_7d": 1})

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 0
    assert held(world, contact_id) == ("held", "number_week_limit", sent_at(world, first) + WEEK)


# -- on the same subject -----------------------------------------------------------------------------------------------

SOLAR = {"subject": "solar panels", "caps": {"per_subject_24h": 2}}


def test_dials_on_a_subject_are_counted_over_its_campaigns_and_no_others(world: World) -> None:
    same, other = world.campaign(subject="Solar Panels"), world.campaign(subject="a survey")
    first, _ = (recorded(world, hours_ago=hours, campaign_id=same) for hours in (20, 10))
    campaign_id, contact_id = one_more(world, **SOLAR)
    others_id, _ = one_more(world, subject="a survey", caps={"per_subject_24h": 1})

    assert len(world.claim(others_id)) == 1
    assert world.claim(campaign_id) == []
    world.execute("UPDATE calls SET state = 'withdrawn' WHERE state = 'reserved'")
    world.execute("UPDATE contacts SET due_at = now() WHERE id = :id", id=contact_id)
    recorded(world, hours_ago=9, campaign_id=other)
    world.execute("UPDATE campaigns SET caps = caps || '{\"per_number_24h\": 9}'")
    world.set_caps(per_number_24h=9)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "subject_day_limit", sent_at(world, first) + DAY)


def test_a_campaign_without_a_subject_is_its_own_by_its_name(world: World) -> None:
    named = world.campaign(name="Solar panels")
    [recorded(world, hours_ago=hours, campaign_id=named) for hours in (2, 1)]
    campaign_id, contact_id = one_more(world, **SOLAR)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "subject_day_limit"


def test_the_day_of_a_subject_ends_to_the_microsecond(world: World) -> None:
    same = world.campaign(subject="solar panels")
    first, _ = (recorded(world, hours_ago=hours, campaign_id=same) for hours in (20, 10))
    _, contact_id = one_more(world, **SOLAR)
    frees_at = sent_at(world, first) + DAY

    assert verdict(world, contact_id, frees_at - TICK) == Hold("subject_day_limit", frees_at)
    assert verdict(world, contact_id, frees_at) == Go()


def test_many_dials_on_other_subjects_hide_none_on_this_one(world: World) -> None:
    world.set_caps()
    same = world.campaign(subject="solar panels")
    [recorded(world, hours_ago=hours, campaign_id=same) for hours in (20, 19)]
    other = world.campaign(subject="another")
    [recorded(world, hours_ago=n / 10, campaign_id=other) for n in range(1, 60)]
    campaign_id, contact_id = one_more(world, **SOLAR)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "subject_day_limit"


def test_another_subject_asks_again_at_once(world: World) -> None:
    same = world.campaign(subject="solar panels")
    [recorded(world, hours_ago=hours, campaign_id=same) for hours in (20, 10)]
    campaign_id, _ = one_more(world, **SOLAR)
    assert world.claim(campaign_id) == []

    world.execute("UPDATE campaigns SET status = 'paused' WHERE id = :id", id=campaign_id)
    say(world, campaign_id, subject="heat pumps")
    world.execute("UPDATE campaigns SET status = 'running' WHERE id = :id", id=campaign_id)

    assert len(world.claim(campaign_id)) == 1


# -- rests -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("disposition", ["human", "answered"])
def test_a_number_rests_after_somebody_was_talked_to(world: World, disposition: str) -> None:
    talk = recorded(world, hours_ago=40, disposition=disposition, talked_for=timedelta(minutes=7))
    recorded(world, hours_ago=30)
    _, contact_id = one_more(world, caps={"rest_after_human": "7d"})
    over_at = ended_at(world, talk) + WEEK

    assert verdict(world, contact_id, over_at - TICK) == Hold("rest_after_human", over_at)
    assert verdict(world, contact_id, over_at) == Go()


@pytest.mark.parametrize("disposition", ["machine", "no_answer", "busy", "failed", "unknown", "rejected", "fax"])
def test_nobody_was_talked_to_in_other_calls(world: World, disposition: str) -> None:
    recorded(world, hours_ago=5, disposition=disposition)
    campaign_id, _ = one_more(world, caps={"rest_after_human": "7d"})

    assert len(world.claim(campaign_id)) == 1


def test_who_was_talked_to_may_be_called_again_where_nobody_asks_for_a_rest(world: World) -> None:
    recorded(world, hours_ago=5, disposition="human")
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_a_rest_holds_behind_any_number_of_later_dials(world: World) -> None:
    world.set_caps()
    talk = recorded(world, hours_ago=400, disposition="human")
    [recorded(world, hours_ago=hours) for hours in range(20, 380, 9)]
    campaign_id, contact_id = one_more(world, caps={"rest_after_human": "30d"})

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "rest_after_human", ended_at(world, talk) + timedelta(days=30))


def test_a_number_rests_for_72_hours_after_an_abandoned_call_whatever_a_campaign_says(world: World) -> None:
    abandoned = recorded(world, hours_ago=70, disposition="human", abandoned=True)
    recorded(world, hours_ago=20, disposition="human")
    _, contact_id = one_more(world, caps={"rest_after_abandoned": "1h"})
    over_at = ended_at(world, abandoned) + timedelta(hours=72)

    assert verdict(world, contact_id, over_at - TICK) == Hold("rest_after_abandoned", over_at)
    assert verdict(world, contact_id, over_at) == Go()


def test_an_abandoned_call_was_no_conversation(world: World) -> None:
    world.set_caps(rest_after_human=WEEK)
    recorded(world, hours_ago=5, disposition="human", abandoned=True)
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_the_rests_are_told_before_the_caps_and_behind_the_gap(world: World) -> None:
    talk, *_ = [recorded(world, hours_ago=hours, disposition="human") for hours in (1, 2, 3)]
    rested, resting = one_more(world, caps={"rest_after_human": "1d"})
    spaced, spacing = one_more(world, number_gap_s=7200, caps={"rest_after_human": "1d"})

    assert world.claim(rested) == [] and world.claim(spaced) == []
    assert held(world, resting) == ("held", "rest_after_human", ended_at(world, talk) + DAY)
    assert held(world, spacing) == ("held", "number_gap", sent_at(world, talk) + timedelta(hours=2))


def test_the_rest_of_a_conversation_that_was_just_recorded_holds(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    world.hang_up(call_id)
    again, contact_id = one_more(world, caps={"rest_after_human": "7d"})

    assert world.claim(again) == []
    assert held(world, contact_id) == ("held", "rest_after_human", ended_at(world, call_id) + WEEK)


# -- the gap -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number_gap_s", "min_gap", "hours"), [(0, "3h", 3), (4 * 3600, "3h", 4), (7200, None, 2)])
def test_of_the_gap_and_the_least_gap_the_longer_holds(
    world: World, number_gap_s: int, min_gap: str | None, hours: int
) -> None:
    last = recorded(world, hours_ago=1)
    campaign_id, contact_id = one_more(world, number_gap_s=number_gap_s, caps={"min_gap": min_gap} if min_gap else {})

    world.claim(campaign_id)

    assert held(world, contact_id) == ("held", "number_gap", sent_at(world, last) + timedelta(hours=hours))


def test_the_installations_least_gap_holds_for_single_calls_too(world: World) -> None:
    world.set_caps(min_gap=timedelta(hours=3))
    last = recorded(world, hours_ago=1)

    with pytest.raises(Conflict) as refused:
        single(world)

    until = format_timestamp(sent_at(world, last) + timedelta(hours=3))
    assert (refused.value.code, refused.value.until) == ("number_gap", until)


# -- whom caps and rests concern ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["internal", "emergency"])
def test_calls_to_ones_own_staff_and_in_an_emergency_have_neither_caps_nor_rests(world: World, purpose: str) -> None:
    everything: dict[str, Any] = {"per_number_24h": 1, "per_number_7d": 1, "per_subject_24h": 1}
    world.set_caps(**everything, min_gap=DAY, rest_after_human=WEEK, rest_after_abandoned=WEEK)
    [recorded(world, hours_ago=hours, disposition="human") for hours in (5, 4, 3)]
    recorded(world, hours_ago=2, disposition="human", abandoned=True)
    campaign_id, _ = one_more(world, purpose=purpose)

    assert len(world.claim(campaign_id)) == 1


def test_what_such_a_campaign_says_itself_holds_for_it(world: World) -> None:
    recorded(world, hours_ago=5)
    campaign_id, contact_id = one_more(world, purpose="internal", caps={"per_number_24h": 1})

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_dials_to_ones_own_staff_count_for_all_others(world: World) -> None:
    staff = world.campaign(purpose="internal")
    [recorded(world, hours_ago=hours, campaign_id=staff) for hours in (3, 2, 1)]
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_another_purpose_asks_again_at_once(world: World) -> None:
    [recorded(world, hours_ago=hours) for hours in (3, 2, 1)]
    campaign_id, _ = one_more(world)
    assert world.claim(campaign_id) == []

    world.execute("UPDATE campaigns SET status = 'paused' WHERE id = :id", id=campaign_id)
    say(world, campaign_id, purpose="internal")
    world.execute("UPDATE campaigns SET status = 'running' WHERE id = :id", id=campaign_id)

    assert len(world.claim(campaign_id)) == 1


def test_single_calls_are_refused_over_the_week_with_the_moment_it_frees(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS]

    with pytest.raises(Conflict) as refused:
        single(world)

    until = format_timestamp(sent_at(world, first) + WEEK)
    assert (refused.value.code, refused.value.until) == ("number_week_limit", until)


def test_a_dial_whose_send_was_lost_counts_from_its_reservation(world: World) -> None:
    lost = recorded(world, hours_ago=30)
    world.set_call(lost, last_sent_at=None)
    campaign_id, contact_id = one_more(world, caps={"per_number_7d": 1})

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[2] == world.call_row(lost)["reserved_at"] + WEEK


def test_stats_say_how_many_wait_for_the_week(world: World) -> None:
    [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS]
    campaign_id, _ = one_more(world)
    world.claim(campaign_id)

    assert world.held_by_reason(campaign_id) == {"number_week_limit": 1}


# -- after an erasure --------------------------------------------------------------------------------------------------


def test_an_erasure_ends_neither_the_week_nor_a_rest_nor_the_gap(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS[:-1]]
    talk = recorded(world, hours_ago=30, disposition="human")
    abandoned = recorded(world, hours_ago=26, disposition="human", abandoned=True)
    world.run(erase_number, PHONE)

    told = {}
    for name, changes in {
        "week": {"caps": {"rest_after_human": "1h"}},
        "human": {"caps": {"rest_after_human": "7d"}},
        "gap": {"number_gap_s": 27 * 3600},
    }.items():
        world.set_caps(per_number_7d=8) if name == "week" else None
        campaign_id, contact_id = one_more(world, **changes)
        world.claim(campaign_id)
        told[name] = held(world, contact_id)[1:]

    assert told == {
        "week": ("number_week_limit", sent_at(world, first) + WEEK),
        "human": ("rest_after_human", ended_at(world, talk) + WEEK),
        "gap": ("number_gap", sent_at(world, abandoned) + timedelta(hours=27)),
    }


# -- two at once -------------------------------------------------------------------------------------------------------


def test_two_claims_that_both_saw_the_last_place_of_a_week_make_one_dial(world: World, carrier: CarrierStub) -> None:
    [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS[:-1]]
    first, _ = one_more(world)
    second, _ = one_more(world)
    ready = threading.Barrier(2)

    def claim(campaign_id: str) -> None:
        ready.wait()
        for call_id in world.claim(campaign_id):
            world.dialer.dial_call(call_id)
            world.set_call(call_id, state="ended", disposition="no_answer")

    for _ in range(3):
        threads = [threading.Thread(target=claim, args=(campaign_id,)) for campaign_id in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        world.execute("UPDATE contacts SET due_at = now() WHERE status = 'held'")

    assert len(carrier.dials) == 1


def test_an_attempt_reserved_before_the_last_place_was_taken_is_stopped_at_its_send(
    world: World, carrier: CarrierStub
) -> None:
    [recorded(world, hours_ago=hours) for hours in A_WEEKS_DIALS[:-1]]
    campaign_id, contact_id = one_more(world)
    [call_id] = world.claim(campaign_id)
    recorded(world, hours_ago=25)

    world.dialer.dial_calls([call_id])

    assert (len(carrier.dials), held(world, contact_id)[1]) == (0, "number_week_limit")
