"""The law of the person's place, asked where it counts: at the claim, at the send, and of a single call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.campaigns.start_campaign import Start, start_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.policy.calling_hours import is_open, next_opening
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.zones.zone_names import zone_info
from tests.support.dial_history import recorded, say
from tests.support.world import BECAUSE, World

PORTLAND = "+12075550142"
ENFORCED = {"mode": "enforce", "packs": "auto", "because": None}
OFF = {"mode": "off", "packs": "auto", "because": BECAUSE}
US = law_for(("US",), Purpose.INFORMATIONAL)
# One for each hour of the day, by clocks that are never changed.
ZONES = [
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn", "America/Phoenix"),
    *("America/Costa_Rica", "America/Panama", "America/Puerto_Rico", "America/Sao_Paulo", "America/Noronha"),
    *("Atlantic/Cape_Verde", "Africa/Abidjan", "Africa/Lagos", "Africa/Johannesburg", "Europe/Moscow", "Asia/Dubai"),
    *("Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane"),
    *("Pacific/Noumea", "Pacific/Tarawa"),
]


def zone_that_is(*, open_now: bool) -> str:
    """Return a zone in which the hours of the United States are open or closed, and stay so for a while."""
    assert US.hours
    now = utc_now()
    moments = [now, now + timedelta(minutes=5)]
    return next(zone for zone in ZONES if all(is_open(US.hours, zone, moment) is open_now for moment in moments))


def by_day_and_by_night() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns of a contact whose address lies where it is day, and of one where it is night."""
    return tuple(  # type: ignore[return-value]  # two of them
        {"timezone": zone_that_is(open_now=is_day), "timezone_source": "address"} for is_day in (True, False)
    )


def stands(world: World, contact_id: str) -> tuple[Any, ...]:
    [row] = world.query("SELECT status, reason, due_at FROM contacts WHERE id = :id", id=contact_id)
    return tuple(row)


def test_a_contact_whose_law_is_closed_is_held_by_its_claim_until_it_opens(world: World) -> None:
    day, night = by_day_and_by_night()
    campaign_id = world.campaign(law=ENFORCED)
    dialed, held = world.contact(campaign_id, **day), world.contact(campaign_id, **night)

    assert len(world.claim(campaign_id)) == 1

    assert stands(world, dialed)[0] == "calling"
    opens_at = US.hours and next_opening(US.hours, night["timezone"], utc_now())
    assert stands(world, held) == ("held", "law_hours", opens_at)


def test_a_send_that_comes_when_the_law_has_closed_is_not_made(world: World) -> None:
    _, night = by_day_and_by_night()
    campaign_id = world.campaign(law=OFF)
    contact_id = world.contact(campaign_id, **night)
    [call_id] = world.claim(campaign_id)
    world.execute("UPDATE campaigns SET law = NULL")

    world.dialer.dial_call(call_id)

    assert world.query("SELECT state FROM calls") == [("withdrawn",)]
    assert stands(world, contact_id)[:2] == ("held", "law_hours")


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_a_campaign_that_says_why_it_does_not_obey_dials_and_its_explanation_tells_the_law(
    world: World, mode: str
) -> None:
    _, night = by_day_and_by_night()
    campaign_id = world.campaign(law={**OFF, "mode": mode})
    contact_id = world.contact(campaign_id, **night)

    [law] = [
        check
        for check in world.run(explain_contact, contact_id, at=None).explanation.checks
        if check.check == "law_hours"
    ]

    assert (law.passed, law.facts["would_hold"], law.facts["mode"]) == (True, "law_hours", mode)
    assert len(world.claim(campaign_id)) == 1


def test_an_emergency_is_dialed_in_the_night_whatever_hours_its_campaign_carries(world: World) -> None:
    _, night = by_day_and_by_night()
    never = {"timezone": "contact", "windows": [{"days": ["mon"], "start": "03:00", "end": "03:01"}], "holidays": []}
    campaign_id = world.campaign(law=ENFORCED, purpose="emergency", calling_hours=never)
    contact_id = world.contact(campaign_id, **night)

    world.dispatcher.dispatch_calls()

    assert stands(world, contact_id)[0] == "calling"


@pytest.mark.parametrize("change", [{"law": OFF}, {"purpose": "emergency"}])
def test_contacts_that_the_law_holds_are_asked_again_when_the_campaign_changes(
    world: World, change: dict[str, Any]
) -> None:
    _, night = by_day_and_by_night()
    campaign_id = world.campaign(law=ENFORCED)
    contact_id = world.contact(campaign_id, **night)
    world.claim(campaign_id)
    world.execute("UPDATE campaigns SET status = 'paused'")

    world.run(change_campaign, campaign_id, CampaignChanges.model_validate(change))

    assert stands(world, contact_id)[0] == "waiting"
    world.execute("UPDATE campaigns SET status = 'running'")
    assert len(world.claim(campaign_id)) == 1


def test_the_region_that_a_contact_says_decides_whose_law_counts(world: World) -> None:
    hours = law_for(("US", "US-KY"), Purpose.SALES).hours
    assert hours
    campaign_id = world.campaign(law=ENFORCED, purpose="sales", voice="agent")
    zone = next(zone for zone in ZONES if _is_between(zone, 8, 10))
    rest = {"timezone": zone, "timezone_source": "address", "phone": "+12125550123"}
    new_york = world.contact(campaign_id, **rest)
    kentucky = world.contact(campaign_id, **{**rest, "phone": "+12125550124"}, region="US-KY")

    world.claim(campaign_id)

    assert stands(world, new_york)[0] == "calling"
    assert stands(world, kentucky) == ("held", "law_hours", next_opening(hours, zone, utc_now()))


def _is_between(zone: str, start: int, end: int) -> bool:
    """Return whether it is such an hour in a zone, and stays so."""
    local = [moment.astimezone(zone_info(zone)) for moment in (utc_now(), utc_now() + timedelta(minutes=2))]
    return all(start <= moment.hour < end for moment in local)


def test_packs_that_a_campaign_names_bind_it_too(world: World) -> None:
    campaign_id = world.campaign(law={**ENFORCED, "packs": ["us-ri"]}, purpose="sales")
    contact_id = world.contact(campaign_id)
    sunday = datetime(2030, 12, 1, 18, tzinfo=UTC)  # noon in Chicago

    assert world.run(explain_contact, contact_id, at=sunday).explanation.reason is Reason.LAW_HOURS


@pytest.mark.parametrize(("voice", "is_held"), [("agent", False), (None, True)])
def test_the_voice_is_the_campaigns_or_that_of_its_flow(world: World, voice: str | None, is_held: bool) -> None:
    campaign_id = world.campaign(law=ENFORCED, purpose="sales", voice=voice)
    contact_id = world.contact(campaign_id, phone="+14025550123")
    sunday = datetime(2030, 12, 1, 16, tzinfo=UTC)  # 10:00 in Nebraska, where recordings wait until 13:00

    explained = world.run(explain_contact, contact_id, at=sunday).explanation

    [law] = [check for check in explained.checks if check.check == "law_hours"]
    assert (law.reason is Reason.LAW_HOURS) is is_held
    assert law.facts["voice"] == (voice or "tts")


def test_the_voice_of_the_flow_counts_at_the_claim_and_at_the_send(world: World) -> None:
    """In Maine eight hours lie between two sales calls by a machine, and none between two by agents."""
    day, _ = by_day_and_by_night()
    recorded(world, hours_ago=3, phone=PORTLAND)
    by_agents = world.campaign(law=ENFORCED, purpose="sales", voice="agent")
    contact_id = world.contact(by_agents, **day, phone=PORTLAND)
    [call_id] = world.claim(by_agents)
    world.execute("UPDATE campaigns SET voice = NULL")  # its flow speaks

    world.dialer.dial_call(call_id)

    assert stands(world, contact_id)[:2] == ("held", "number_gap")
    world.execute("UPDATE contacts SET due_at = now(), status = 'waiting'")
    assert world.claim(by_agents) == []
    assert stands(world, contact_id)[:2] == ("held", "number_gap")
    world.execute("UPDATE contacts SET due_at = now(), status = 'waiting'")
    world.execute("UPDATE campaigns SET voice = 'agent'")
    assert len(world.claim(by_agents)) == 1


def test_a_single_call_obeys_the_law_unless_it_says_why_it_ignores_the_hours(world: World) -> None:
    _, night = by_day_and_by_night()
    world.execute("UPDATE campaigns SET calling_hours = '{\"always\": true}'")
    wanted = {"to": "+12125550123", "from": "+13125550100", **night}

    with pytest.raises(Conflict) as refused:
        world.run(place_call, NewCall.model_validate(wanted), contact_id=new_id("con"))
    placed = world.run(
        place_call,
        NewCall.model_validate({**wanted, "ignore_hours": True, "because": "my own phone"}),
        contact_id=new_id("con"),
    )

    assert refused.value.code in ("outside_hours", "law_hours")
    assert placed.state == "reserved"
    assert world.query("SELECT ignore_hours_because FROM contacts") == [("my own phone",)]


EARLY = {"timezone": "contact", "windows": [{"days": ["mon-sun"], "start": "05:00", "end": "08:00"}]}


def test_hours_that_never_meet_those_of_the_law_are_told_before_the_start_and_end_the_contact(world: World) -> None:
    campaign_id = world.campaign(status="draft", calling_hours=EARLY, always_because=None, law=None)
    contact_id = world.contact(campaign_id, timezone="America/Chicago")

    told = world.run(preflight_campaign, campaign_id, at=None)

    assert [(each.reason, each.contacts) for each in told.held] == [("no_common_hours", 1)]
    assert told.estimate.dials == 0
    assert "no_common_hours" in [each.code for each in told.warnings]
    assert [each.code for each in told.errors] == ["nobody_dialable"]
    with pytest.raises(Conflict) as refused:
        world.run(start_campaign, campaign_id, Start())
    assert refused.value.code == "preflight"
    world.run(start_campaign, campaign_id, Start.model_validate({"accept": ["nobody_dialable"]}))
    world.claim(campaign_id)
    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"], row["due_at"]) == ("held", "no_common_hours", None)
    complete_campaigns(world.sql)
    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"]) == ("exhausted", "no_common_hours")


@pytest.mark.parametrize("reason", ["outside_hours", "zone_unknown", "no_common_hours", "law_hours", "law_holiday"])
def test_other_hours_release_whom_closed_hours_held(world: World, reason: str) -> None:
    campaign_id = world.campaign(calling_hours=EARLY, always_because=None, law=None)
    tomorrow = utc_now() + timedelta(days=1)
    contact_id = world.contact(campaign_id, timezone="America/Chicago", status="held", reason=reason, due_at=tomorrow)

    say(world, campaign_id, calling_hours={"windows": [{"days": ["mon-sun"], "start": "05:00", "end": "20:00"}]})

    assert world.contact_row(contact_id)["status"] == "waiting"


def test_who_is_held_until_both_are_open_is_not_claimed_when_the_campaign_alone_is(world: World) -> None:
    """The campaign opens in two hours, by the clock of another place; the law later, where it is night."""
    now = utc_now()
    soon = [now + timedelta(minutes=30 * part) for part in range(8)]
    night = next(zone for zone in ZONES if US.hours and not any(is_open(US.hours, zone, moment) for moment in soon))
    opens_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    window = {"days": ["mon-sun"], "start": f"{opens_at:%H:%M}", "end": f"{opens_at + timedelta(hours=20):%H:%M}"}
    campaign_id = world.campaign(law=OFF)
    contact_id = world.contact(campaign_id, timezone=night, timezone_source="address")
    [call_id] = world.claim(campaign_id)
    say_both = "UPDATE campaigns SET law = NULL, calling_hours = CAST(:hours AS jsonb)"
    world.execute(say_both, hours=json.dumps({"timezone": "Etc/UTC", "windows": [window], "holidays": []}))

    world.dialer.dial_call(call_id)

    explained = world.run(explain_contact, contact_id, at=None).explanation
    held = stands(world, contact_id)
    assert held == ("held", "outside_hours", explained.until)
    assert explained.until and explained.until > opens_at
    # the campaign has opened, and the law has not
    passed = opens_at - utc_now()
    world.execute("UPDATE campaigns SET calling_hours = '{\"always\": true}'")
    world.execute("UPDATE contacts SET due_at = due_at - CAST(:passed AS interval)", passed=passed)
    assert world.claim(campaign_id) == []
    assert stands(world, contact_id) == ("held", "outside_hours", explained.until - passed)
