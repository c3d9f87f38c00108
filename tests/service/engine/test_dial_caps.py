"""How often one number is dialed, and one caller id dials, within 24 hours: exactly so often, whoever dials."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.store.sql.dial_checks import read_send_facts
from orchestrator.store.sql.dial_counts import CallerIdCap, count_from
from tests.support.carrier_stub import CarrierStub, accepted_dial, refusal
from tests.support.dial_history import DAY, PHONE, dialed, held, one_more, say, sent_at
from tests.support.incoming import CALLER, OURS, inbound, mapped, tell
from tests.support.plans import explained
from tests.support.world import World

CALLER_ID = "+13125550100"


def test_a_number_is_dialed_three_times_in_24_hours_over_all_campaigns_and_the_fourth_waits_for_the_first(
    world: World, carrier: CarrierStub
) -> None:
    first, *_ = [dialed(world, hours_ago=hours) for hours in (23, 12, 1)]
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []

    assert held(world, contact_id) == ("held", "number_day_limit", sent_at(world, first) + DAY)
    assert (world.contact_row(contact_id)["attempts"], len(carrier.dials)) == (0, 3)
    assert world.redis.zcard(world.keys.slots(campaign_id)) == 0


def test_a_dial_of_24_hours_ago_counts_no_more(world: World) -> None:
    [dialed(world, hours_ago=hours) for hours in (24, 23.9, 0.1)]
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_retries_of_one_contact_meet_the_cap_and_spend_no_attempt_by_it(world: World, carrier: CarrierStub) -> None:
    again = {"after": "1s", "at_most": 20}
    rules = RetryRules.model_validate({"on_outcome": {"heard": again, "hung_up": again}})
    campaign_id = world.campaign(retry=rules.model_dump(mode="json"))
    contact_id = world.contact(campaign_id, phone=PHONE)

    for _ in range(12):
        world.execute("UPDATE contacts SET due_at = now() WHERE reason IS DISTINCT FROM 'number_day_limit'")
        for call_id in world.claim(campaign_id):
            world.dialer.dial_call(call_id)
            world.hear(call_id, "call.answered")
            world.work(call_id)
            world.hang_up(call_id)

    assert len(carrier.dials) == 3
    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"], row["attempts"], row["unspent_tries"]) == ("held", "number_day_limit", 3, 0)


def test_the_fourth_dial_is_made_when_the_first_is_a_day_old_and_no_sooner(world: World) -> None:
    first, *_ = [dialed(world, hours_ago=hours) for hours in (23, 12, 1)]
    campaign_id, _ = one_more(world)
    world.claim(campaign_id)

    early = world.claim(campaign_id)
    world.age_send(first, 3601)
    world.execute("UPDATE contacts SET due_at = due_at - interval '3601 s' WHERE status = 'held'")

    assert early == []
    assert len(world.claim(campaign_id)) == 1


def test_a_hold_by_the_cap_never_outlasts_the_campaign(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(3)]
    ends_at = utc_now() + timedelta(hours=2)
    campaign_id, contact_id = one_more(world, ends_at=ends_at)

    world.claim(campaign_id)

    assert held(world, contact_id) == ("held", "number_day_limit", ends_at)


def test_a_campaign_whose_contact_waits_for_the_cap_is_not_completed(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(3)]
    campaign_id, _ = one_more(world)
    world.claim(campaign_id)

    complete_campaigns(world.sql)

    assert world.campaign_row(campaign_id)["status"] == "running"


def test_what_was_withdrawn_does_not_count(world: World, carrier: CarrierStub) -> None:
    [dialed(world, hours_ago=1) for _ in range(2)]
    carrier.dial = lambda _asked: refusal(429, "10011")
    busy, _ = one_more(world)
    for call_id in world.claim(busy):
        world.dialer.dial_call(call_id)
        assert world.call_row(call_id)["state"] == "withdrawn"
    carrier.dial = accepted_dial
    campaign_id, _ = one_more(world)

    assert len(world.claim(campaign_id)) == 1


def test_what_may_have_been_sent_counts(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(2)]
    unknown = dialed(world, hours_ago=1)
    world.set_call(unknown, state="unknown", disposition="unknown")
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_a_dial_under_way_counts_but_nobody_waits_a_day_for_what_may_yet_be_withdrawn(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(2)]
    under_way, _ = one_more(world)
    world.claim(under_way)
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    status, _, due_at = held(world, contact_id)
    assert status == "held" and due_at < utc_now() + timedelta(minutes=2)


def test_calls_that_come_in_do_not_count(world: World) -> None:
    mapped(world)
    for n in range(4):
        tell(world, leg=f"in-{n}")
    world.advance()
    world.set_caps(per_number_24h=3, per_caller_id_24h=3)
    campaign_id, _ = one_more(world, phone=OURS, caller_ids=[CALLER])

    assert len(inbound(world)) == 4
    assert len(world.claim(campaign_id)) == 1


def test_calls_that_come_in_hide_no_dial_from_the_count(world: World) -> None:
    [dialed(world, hours_ago=1, phone=OURS) for _ in range(3)]
    mapped(world)
    for n in range(4):
        tell(world, leg=f"in-{n}")
    world.advance()
    campaign_id, contact_id = one_more(world, phone=OURS)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_calls_that_come_in_hide_no_dial_from_the_count_of_a_caller_id(world: World) -> None:
    world.set_caps(per_caller_id_24h=3)
    [dialed(world, hours_ago=1, phone=f"+1312555017{n}", caller_ids=[CALLER]) for n in range(3)]
    mapped(world)
    for n in range(4):
        tell(world, leg=f"in-{n}")
    world.advance()
    campaign_id, contact_id = one_more(world, caller_ids=[CALLER])

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "caller_id_quota"


def test_the_repeat_of_an_unanswered_dial_is_the_same_dial(world: World, carrier: CarrierStub) -> None:
    [dialed(world, hours_ago=1) for _ in range(2)]
    campaign_id, _ = one_more(world)
    carrier.dial = lambda _asked: (0, {})
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    carrier.dial = accepted_dial
    world.age_send(call_id, 16)

    world.dialer.dial_call(resolve_unanswered_dials(world.sql, world.redis, world.keys)[0])

    assert (world.call_row(call_id)["state"], world.call_row(call_id)["send_no"]) == ("accepted", 2)


def test_a_cap_reached_behind_the_claim_stops_the_send_and_spends_nothing(world: World, carrier: CarrierStub) -> None:
    first, _ = (dialed(world, hours_ago=hours) for hours in (3, 2))
    campaign_id, contact_id = one_more(world)
    [call_id] = world.claim(campaign_id)
    say(world, campaign_id, caps={"per_number_24h": 2})

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 2
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["withdrawn_reason"]) == (
        "withdrawn",
        "number_day_limit",
    )
    assert held(world, contact_id) == ("held", "number_day_limit", sent_at(world, first) + DAY)
    assert world.contact_row(contact_id)["unspent_tries"] == 0


def test_a_stricter_cap_waits_until_so_few_are_left_that_one_more_is_allowed(world: World) -> None:
    _, _, newest = (dialed(world, hours_ago=hours) for hours in (23, 12, 1))
    campaign_id, contact_id = one_more(world, caps={"per_number_24h": 1})

    world.claim(campaign_id)

    assert held(world, contact_id)[2] == sent_at(world, newest) + DAY


def test_an_installation_may_say_more_than_three_or_nothing(world: World) -> None:
    world.set_caps(per_number_24h=5)
    [dialed(world, hours_ago=1) for _ in range(5)]
    over, _ = one_more(world)
    assert world.claim(over) == []

    world.set_caps()
    free, _ = one_more(world)

    assert len(world.claim(free)) == 1


def test_of_the_installations_cap_and_the_campaigns_the_smaller_holds(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(3)]
    stale, contact_id = one_more(world, caps={"per_number_24h": 9})  # written when the installation allowed more

    assert world.claim(stale) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_a_change_of_the_caps_asks_again_at_once_about_those_they_held(world: World) -> None:
    dialed(world, hours_ago=1)
    campaign_id, contact_id = one_more(world, caps={"per_number_24h": 1})
    world.claim(campaign_id)
    assert held(world, contact_id)[1] == "number_day_limit"

    say(world, campaign_id, caps={"per_number_24h": 2})

    assert len(world.claim(campaign_id)) == 1


def test_many_claimers_campaigns_and_single_calls_at_once_dial_a_number_exactly_as_often_as_the_cap_says(
    world: World, carrier: CarrierStub
) -> None:
    campaigns = [world.campaign() for _ in range(6)]
    for campaign_id in campaigns:
        for n in range(3):
            world.contact(campaign_id, phone=PHONE, external_id=f"p-{n}")
    ended: list[str] = []

    def dialer_of(campaign_id: str) -> None:
        for _ in range(8):
            world.execute(
                "UPDATE contacts SET due_at = now() WHERE campaign_id = :id AND status = 'held'", id=campaign_id
            )
            for call_id in world.claim(campaign_id):
                world.dialer.dial_call(call_id)
                world.set_call(call_id, state="ended", disposition="no_answer")
                ended.append(call_id)

    threads = [threading.Thread(target=dialer_of, args=(campaign_id,)) for campaign_id in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = world.query("SELECT count(*) FROM calls WHERE to_number = :to AND last_sent_at IS NOT NULL", to=PHONE)
    assert (len(carrier.dials), sent) == (3, [(3,)])


def test_stats_say_how_many_wait_for_the_cap(world: World) -> None:
    [dialed(world, hours_ago=1) for _ in range(3)]
    campaign_id, _ = one_more(world)
    world.claim(campaign_id)

    assert world.held_by_reason(campaign_id) == {"number_day_limit": 1}


# -- single calls ------------------------------------------------------------------------------------------------------


def single(world: World, **changes: Any) -> Any:
    wanted = NewCall.model_validate(
        {"to": PHONE, "from": CALLER_ID, "ignore_hours": True, "because": "a test", **changes}
    )
    return world.run(place_call, wanted, contact_id=new_id("con"))


def test_a_single_call_over_the_cap_is_refused_with_the_moment_it_frees(world: World) -> None:
    first, *_ = [dialed(world, hours_ago=hours) for hours in (23, 12, 1)]

    with pytest.raises(Conflict) as refused:
        single(world)

    frees_at = sent_at(world, first) + DAY
    assert refused.value.code == "number_day_limit"
    assert refused.value.until == frees_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{frees_at.microsecond // 1000:03d}Z"
    assert world.query(
        "SELECT count(*) FROM contacts c JOIN campaigns g ON g.id = c.campaign_id AND kind = 'direct'"
    ) == [(0,)]


def test_single_calls_count_for_campaigns_too(world: World, carrier: CarrierStub) -> None:
    for _ in range(3):
        call_id = single(world).id
        world.dialer.dial_call(call_id)
        world.hang_up(call_id)
    campaign_id, contact_id = one_more(world)

    with pytest.raises(Conflict, match="24 hours"):
        single(world)
    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"
    assert len(carrier.dials) == 3


_OFTEN = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, last_sent_at)
    SELECT 'call_' || n, campaign_id, id, 'conn-1', phone, :caller_id, n,
        CASE n % 2 WHEN 0 THEN 'ended' ELSE 'withdrawn' END, 'c', 30, 60,
        CASE n % 2 WHEN 0 THEN now() - make_interval(days => 1, secs => n) END
    FROM contacts, generate_series(1, 4000) n WHERE id = :contact_id
"""


def test_a_number_that_was_dialed_and_withdrawn_thousands_of_times_is_judged_by_a_few_rows(world: World) -> None:
    world.set_caps(per_number_24h=3, per_caller_id_24h=75)
    campaign_id, contact_id = one_more(world, number_gap_s=7200)
    world.execute(_OFTEN, contact_id=contact_id, caller_id=CALLER_ID)
    world.execute("UPDATE contacts SET attempts = 4000, tally = '{\"unspent\": 4000}'")
    world.execute("ANALYZE calls")

    with explained(world.sql, kept=True) as plans:
        [call_id] = world.claim(campaign_id)
        with world.sql.begin() as tx:
            read_send_facts(tx, [call_id], world.caps)
            count_from(tx, [CallerIdCap(CALLER_ID, 75, besides=call_id)])

    reads = [plan for plan in plans if "dials" in plan.statement]
    assert len(reads) == 4  # the number's and the caller id's, at the claim and at the send
    assert max(plan.pages for plan in reads) < 150, "\n".join(map(str, reads))


def test_an_erasure_re_opens_no_cap(world: World) -> None:
    first, *_ = [dialed(world, hours_ago=hours) for hours in (23, 12, 1)]
    world.run(erase_number, PHONE)
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id) == ("held", "number_day_limit", sent_at(world, first) + DAY)
    assert world.call_row(first)["to_number"].startswith("erased:")
