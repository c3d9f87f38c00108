"""What would become of a campaign's contacts: each counted once, and as the gate would answer it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict, NotFound
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.preflight_campaign import Preflight, preflight_campaign
from orchestrator.operations.campaigns.start_campaign import Start, start_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.lists.manage_lists import create_list
from orchestrator.policy.explain import Verdict
from orchestrator.policy.lists.list_fields import NewList
from tests.support.dial_history import dialed, recorded, sent_at
from tests.support.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE_TO_EIGHT = {"timezone": "contact", "windows": [{"days": ["mon-sat"], "start": "09:00", "end": "20:00"}]}
TUESDAY_NIGHT = datetime(2031, 1, 8, 4, tzinfo=UTC)  # 22:00 in Chicago
WEDNESDAY_NINE = datetime(2031, 1, 8, 15, tzinfo=UTC)
SHORT_RING = "name: short\ndial: {timeout_secs: 5}\nstart: bye\nsteps: {bye: {hangup: {}}}\n"


def preflight(world: World, campaign_id: str, at: datetime | None = None) -> Preflight:
    return world.run(preflight_campaign, campaign_id, at=at)


def held(told: Preflight) -> dict[str, tuple[int, datetime | None]]:
    return {group.reason.value: (group.contacts, group.next_at) for group in told.held}


def never(told: Preflight) -> dict[str, int]:
    return {group.reason.value: group.contacts for group in told.never}


def codes(findings: Any) -> list[str]:
    return [str(finding.code) for finding in findings]


def start(world: World, campaign_id: str, *accept: str) -> Any:
    return world.run(start_campaign, campaign_id, Start.model_validate({"accept": accept}))


def test_a_draft_is_looked_at_as_if_it_ran(world: World) -> None:
    campaign_id = world.campaign(status="draft", calling_hours=NINE_TO_EIGHT)
    world.contacts(campaign_id, 3)
    japan = world.contact(campaign_id, phone="+17085550199", timezone="Asia/Tokyo")

    told = preflight(world, campaign_id, TUESDAY_NIGHT)

    assert (told.contacts, told.dialable_now) == (4, 1)
    assert held(told) == {"outside_hours": (3, WEDNESDAY_NINE)}
    assert told.held[0].example != japan
    assert [(each.region, each.contacts, each.dialable_now) for each in told.by_region] == [("US-IL", 4, 1)]


def test_a_stop_of_all_dialing_is_a_warning_and_holds_nobody(world: World) -> None:
    campaign_id = world.campaign(status="draft", purpose="informational")
    world.contact(campaign_id)
    world.stop_dialing(reason="wrong list")

    told = preflight(world, campaign_id)

    assert told.dialable_now == 1
    assert "dialing_stopped" in codes(told.warnings)


def test_a_campaign_that_begins_later_is_looked_at_when_it_begins(world: World) -> None:
    campaign_id = world.campaign(status="draft", calling_hours=NINE_TO_EIGHT, starts_at=WEDNESDAY_NINE)
    world.contact(campaign_id)

    told = preflight(world, campaign_id)

    assert (told.at, told.dialable_now) == (WEDNESDAY_NINE, 1)


def test_nobody_has_no_preflight(world: World) -> None:
    with pytest.raises(NotFound):
        preflight(world, "cmp_" + "0" * 26)


@pytest.mark.parametrize("page", [1, 5, 2_000])
def test_every_contact_is_counted_as_it_would_be_explained(world: World, page: int) -> None:
    now = utc_now()
    [dialed(world, hours_ago=hours, phone="+17085550160") for hours in (20, 12, 6)]
    dialed(world, hours_ago=1, phone="+17085550161")
    world.run(suppress_number, "+17085550162", reason="asked")
    campaign_id = world.campaign(number_gap_s=7200, calling_hours=NINE_TO_EIGHT, default_timezone="America/Denver")
    for kind in (
        {},
        {"timezone": "Asia/Tokyo"},
        {"timezone": "Nowhere/Else"},
        {"phone": "+17085550160"},
        {"phone": "+17085550161"},
        {"phone": "+17085550162"},
        {"phone": "+19005550142"},
        {"phone": "+18005550142"},
        {"phone": "+442079460142"},
        {"not_before": now + HOUR},
        {"not_before": now - HOUR},
        {"not_after": now - HOUR},
        {"not_after": now + HOUR},
        {"attempts": 3},
        {"attempts": 2, "status": "waiting", "reason": "busy", "due_at": now + HOUR},
        {"status": "held", "reason": "record_failed", "due_at": None},
        {"status": "completed", "reason": "human"},
        {"ignore_hours": True},
    ):
        world.contact(campaign_id, **kind)
    ids = [row[0] for row in world.query("SELECT id FROM contacts WHERE campaign_id = :c", c=campaign_id)]

    for at in (utc_now() + timedelta(seconds=5), TUESDAY_NIGHT, WEDNESDAY_NINE, WEDNESDAY_NINE + 4 * HOUR):
        told = world.run(preflight_campaign, campaign_id, at=at, page=page)
        each = [world.run(explain_contact, ident, at=at).explanation for ident in ids]
        assert told.contacts == len(ids)
        assert told.dialable_now == sum(one.verdict is Verdict.GO for one in each)
        assert never(told) == Counter(one.reason.value for one in each if one.verdict is Verdict.NEVER)  # type: ignore[union-attr]  # a reason stands there
        waiting = [one for one in each if one.verdict is Verdict.HOLD]
        assert {name: n for name, (n, _) in held(told).items()} == Counter(str(one.reason) for one in waiting)
        for name, (_, next_at) in held(told).items():
            times = [one.until for one in waiting if one.reason == name and one.until]
            assert next_at == min(times, default=None)


def test_a_number_that_was_dialed_for_others_waits_as_long_as_they_ask(world: World) -> None:
    first, *_ = [sent_at(world, dialed(world, hours_ago=hours, phone="+17085550160")) for hours in (20, 12, 6)]
    campaign_id = world.campaign(status="draft")
    contact_id = world.contact(campaign_id, phone="+17085550160")

    told = preflight(world, campaign_id)

    assert held(told) == {"number_day_limit": (1, first + DAY)}
    assert told.held[0].example == contact_id


def test_who_is_being_called_is_held(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    world.claim(campaign_id)

    assert held(preflight(world, campaign_id)) == {"number_in_use": (1, None)}


def test_caller_ids_show_their_room_and_those_that_are_full_hold_their_contacts(world: World) -> None:
    world.set_caps(per_caller_id_24h=2)
    [dialed(world, hours_ago=hours, phone=f"+1708555016{hours}") for hours in (1, 2)]
    campaign_id = world.campaign(status="draft", caller_ids=["+13125550100", "+13125550101"])
    contacts = world.contacts(campaign_id, 20)

    told = preflight(world, campaign_id)

    assert [(each.number, each.room_today) for each in told.caller_ids] == [("+13125550100", 0), ("+13125550101", 2)]
    full = held(told)["caller_id_quota"][0]
    assert 0 < full < len(contacts)
    assert told.dialable_now == len(contacts) - full


def test_the_estimate_says_how_long_one_dial_of_each_takes(world: World) -> None:
    campaign_id = world.campaign(status="draft", pacing={"calls_per_second": 2, "max_live_calls": 500})
    world.contacts(campaign_id, 10)
    world.contact(campaign_id, phone="+19005550142")

    told = preflight(world, campaign_id).estimate

    assert (told.dials, told.duration_s, told.peak_channels, told.cost) == (10, 5.0, 10, None)


def test_what_calls_cost_lately_is_what_those_to_come_cost(world: World) -> None:
    call_id = dialed(world, hours_ago=30)
    world.set_call(call_id, cost={"total_cost": "0.0125", "billed_duration_secs": 60})
    campaign_id = world.campaign(status="draft")
    world.contacts(campaign_id, 8)

    told = preflight(world, campaign_id).estimate
    assert (told.cost, told.currency) == ("0.10", "USD")


def test_the_cost_is_told_in_the_currency_of_the_campaigns_budget(world: World) -> None:
    for total, currency in (("0.03", "EUR"), ("0.05", "EUR"), ("7", "USD")):
        world.set_call(dialed(world, hours_ago=30), cost={"total_cost": total, "cost_parts": [{"currency": currency}]})
    silent, billed = (
        world.campaign(status="draft", **more) for more in ({}, {"spend": {"total": "9", "currency": "USD"}})
    )
    for campaign_id in (silent, billed):
        world.contacts(campaign_id, 10)

    told = [preflight(world, campaign_id).estimate for campaign_id in (silent, billed)]

    assert [(each.cost, each.currency) for each in told] == [("0.40", "EUR"), ("70.00", "USD")]


def test_a_budget_that_the_dials_exceed_is_warned_of(world: World) -> None:
    world.set_call(dialed(world, hours_ago=30), cost={"total_cost": "0.10"})
    spends = ({"total": "0.99"}, {"total": "1"}, {"per_day": "0.30"}, {"per_day": "1", "total": "5"})
    found = []
    for spend in spends:
        campaign_id = world.campaign(status="draft", spend={**spend, "currency": "USD"})
        world.contacts(campaign_id, 10)
        found.append(
            {each.code: each.detail for each in preflight(world, campaign_id).warnings if "spend" in each.code}
        )

    assert [sorted(each) for each in found] == [["spend_total"], [], ["spend_per_day"], []]
    assert found[0]["spend_total"].startswith(
        "10 dials cost about 1.00 USD, and of the spend.total of 0.99 are 0.99 left"
    )
    assert "it takes 4 days" in found[2]["spend_per_day"]


def test_what_a_campaign_has_spent_already_is_no_room(world: World) -> None:
    world.set_call(dialed(world, hours_ago=30), cost={"total_cost": "0.10"})
    campaign_id = world.campaign(status="draft", spend={"total": "1.50", "currency": "USD"})
    world.contacts(campaign_id, 10)
    world.set_call(recorded(world, hours_ago=30, campaign_id=campaign_id), spent="0.70")

    assert [each.pointer for each in preflight(world, campaign_id).warnings if "spend" in each.code] == ["/spend/total"]


@pytest.mark.parametrize(
    ("campaign", "warning"),
    [
        ({}, "purpose_left_out"),
        ({}, "hours_always"),
        ({"purpose": "sales"}, "consent_not_asked"),
        ({"purpose": "debt"}, "lists_not_asked"),
    ],
)
def test_what_is_to_be_looked_at_before_the_start_is_a_warning(
    world: World, campaign: dict[str, Any], warning: str
) -> None:
    campaign_id = world.campaign(status="draft", **campaign)
    world.contact(campaign_id)

    told = preflight(world, campaign_id)

    assert warning in codes(told.warnings)
    assert told.errors == []
    assert start(world, campaign_id).status == "running"


RECORDS = """
name: records
start: greet
steps:
  greet: {speak: {payload: Hello, voice: female}, on: {call.speak.ended: record}}
  record: {record_start: {format: mp3, channels: single}, on: {call.recording.saved: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(
    ("region", "written", "told_of"),
    [
        ("US-FL", "name: records\nrecording_notice: never", "the law asks for it in US-FL"),
        ("US-NY", "name: records\nrecording_notice: never", None),
        ("US-FL", "name: records", None),  # the engine says it
    ],
)
def test_a_recording_that_nobody_is_told_of_is_a_warning_where_the_law_asks_for_it(
    world: World, region: str, written: str, told_of: str | None
) -> None:
    campaign_id = world.campaign(status="draft", flow=RECORDS.replace("name: records", written))
    world.contact(campaign_id, region=region)

    found = [each for each in preflight(world, campaign_id).warnings if each.code == "recording_unannounced"]

    assert len(found) == (told_of is not None)
    assert all(told_of is not None and told_of in each.detail for each in found)


def test_the_packs_that_bind_a_campaign_are_asked_before_its_start(world: World) -> None:
    flow = RECORDS.replace("name: records", "name: records\nrecording_notice: never")
    law = {"mode": "enforce", "packs": ["us-ca"], "because": None}
    campaign_id = world.campaign(status="draft", flow=flow, law=law)
    world.contact(campaign_id, phone="+881612345678")  # of no country
    world.contact(campaign_id, phone="+12125550123")

    [found] = [each for each in preflight(world, campaign_id).warnings if each.code == "recording_unannounced"]

    assert found.detail.endswith("the law asks for it in US-CA")


def test_the_law_of_the_numbers_country_is_asked_beside_that_of_the_region(world: World) -> None:
    campaign_id = world.campaign(status="draft", purpose="sales", voice="recorded")
    world.contact(campaign_id, phone="+12125550123", region="GB-ENG")

    details = [each.detail for each in preflight(world, campaign_id).warnings if each.code == "consent_asked_by_law"]

    assert any("the law pack us " in detail for detail in details)


def test_a_campaign_for_sales_of_an_older_version_is_told_what_its_flow_lacks(world: World) -> None:
    campaign_id = world.campaign(status="draft", purpose="sales", voice="tts")
    world.contact(campaign_id)

    told = preflight(world, campaign_id)

    assert {"identity_missing", "opt_out_missing"} <= set(codes(told.warnings))
    assert told.errors == []


def test_more_dials_than_a_caller_id_bears_in_a_day_are_a_warning(world: World) -> None:
    campaign_id = world.campaign(status="draft")
    world.contacts(campaign_id, 75)
    assert "dials_per_caller_id" not in codes(preflight(world, campaign_id).warnings)

    world.contact(campaign_id)

    assert "dials_per_caller_id" in codes(preflight(world, campaign_id).warnings)


def test_contacts_that_nobody_can_say_an_hour_for_are_a_warning_and_no_error(world: World) -> None:
    campaign_id = world.campaign(status="draft", calling_hours=NINE_TO_EIGHT)
    world.contact(campaign_id, phone="+18005550142")

    told = preflight(world, campaign_id)

    assert (held(told), told.errors) == ({"zone_unknown": (1, None)}, [])
    assert "held_until_somebody_acts" in codes(told.warnings)
    assert told.estimate.dials == 0


@pytest.mark.parametrize(
    ("campaign", "contact", "code", "pointer"),
    [
        ({}, {"phone": "+19005550142"}, "nobody_dialable", "/contacts"),
        ({"flow": SHORT_RING}, {}, "ring_floor", "/flow"),
        ({"caller_ids": ["+13125550100", "+19005550100"]}, {}, "caller_id", "/caller_ids/1"),
        ({"caller_ids": ["nobody"]}, {}, "caller_id", "/caller_ids/0"),
    ],
)
def test_a_start_is_refused_for_errors_unless_they_are_accepted(
    world: World, campaign: dict[str, Any], contact: dict[str, Any], code: str, pointer: str
) -> None:
    campaign_id = world.campaign(status="draft", **campaign)
    world.contact(campaign_id, **contact)
    assert [(error.code, error.pointer) for error in preflight(world, campaign_id).errors] == [(code, pointer)]

    with pytest.raises(Conflict) as refused:
        start(world, campaign_id)

    assert (refused.value.code, [error["code"] for error in refused.value.errors]) == ("preflight", [code])
    assert world.campaign_row(campaign_id)["status"] == "draft"
    assert start(world, campaign_id, code).status == "running"


def test_a_flow_that_this_version_cannot_run_forbids_the_start(world: World) -> None:
    campaign_id = world.campaign(status="draft")
    world.contact(campaign_id)
    world.execute("UPDATE flows SET source = 'steps: nonsense'")

    assert codes(preflight(world, campaign_id).errors) == ["flow_invalid"]
    with pytest.raises(Conflict):
        start(world, campaign_id)


def test_one_who_may_be_dialed_some_day_is_enough_to_start(world: World) -> None:
    campaign_id = world.campaign(status="draft")
    world.contact(campaign_id, phone="+19005550142")
    world.contact(campaign_id, not_before=utc_now() + DAY)

    assert start(world, campaign_id).status == "running"


def test_a_campaign_that_is_filled_later_starts_whoever_is_in_it(world: World) -> None:
    campaign_id = world.campaign(status="draft", keep_open=True)
    world.contact(campaign_id, phone="+19005550142")

    assert start(world, campaign_id).status == "running"


def test_a_preflight_changes_nothing(world: World) -> None:
    campaign_id = world.campaign(status="draft")
    contact_id = world.contact(campaign_id, phone="+19005550142")
    before = dict(world.contact_row(contact_id)), dict(world.campaign_row(campaign_id))

    preflight(world, campaign_id)

    assert (dict(world.contact_row(contact_id)), dict(world.campaign_row(campaign_id))) == before


def test_rules_of_the_law_that_nothing_holds_are_told_with_their_source(world: World) -> None:
    for name, regions, max_age in (("national", ["US"], "90d"), ("elsewhere", ["FR"], "31d")):
        fields = {"name": name, "kind": "registry", "regions": regions, "max_age": max_age}
        world.run(create_list, NewList.model_validate(fields), list_id=new_id("lst"))
    world.execute("UPDATE lists SET as_of = now() - interval '40 days'")
    world.execute("""UPDATE installation SET policy = '{"retention": {"calls": "90d"}}' WHERE id = 1""")
    guards = {"abandon": {"pause": 0.05, "because": "a trial"}}
    campaign_id = world.campaign(status="draft", purpose="sales", voice="agent", guards=guards)
    world.contact(campaign_id, phone="+13125550142")

    told = [each for each in preflight(world, campaign_id).warnings if str(each.code).endswith("_by_law")]

    assert [(each.code, each.pointer) for each in told] == [
        ("abandon_by_law", "/guards/abandon"),
        ("list_age_by_law", "/lists/registry"),
        ("list_age_by_law", "/lists/registry"),
        ("retention_by_law", ""),
        ("caller_id_by_law", "/caller_ids"),
    ]
    assert "16 CFR 310.4(b)(4)" in told[0].detail
    assert "max_age of national is 90 days" in told[1].detail and "is 40 days old" in told[2].detail
    assert "16 CFR 310.5" in told[3].detail


def test_a_flow_without_a_way_to_opt_out_is_told_by_which_law_it_needs_one(world: World) -> None:
    campaign_id = world.campaign(status="draft", purpose="sales", voice="recorded")
    world.contact(campaign_id, phone="+13125550142")

    [told] = [each for each in preflight(world, campaign_id).warnings if each.code == "opt_out_missing"]

    assert told.pointer == "/flow" and "47 CFR 64.1200(b)(3)" in told.detail
