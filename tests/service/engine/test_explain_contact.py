"""Why a contact is not dialed: one story for each reason, with its facts, and with a time that is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import NotFound
from orchestrator.operations.campaigns.explain_number import NumberToExplain, explain_number
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.explained import Explained
from orchestrator.operations.contacts.find_suppressions import lift_suppression
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.policy.explain import Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import not_before
from orchestrator.store.redis.rate_limiter import close_dispatch
from tests.support.dial_history import PHONE, dialed, one_more, sent_at
from tests.support.incoming import CALLER, mapped, tell
from tests.support.world import CONNECTION, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE_TO_EIGHT = {"timezone": "contact", "windows": [{"days": ["mon-sat"], "start": "09:00", "end": "20:00"}]}
TUESDAY_NIGHT = datetime(2031, 1, 8, 4, tzinfo=UTC)  # 22:00 in Chicago
WEDNESDAY_NINE = datetime(2031, 1, 8, 15, tzinfo=UTC)


def explained(world: World, contact_id: str, at: datetime | None = None) -> Explained:
    return world.run(explain_contact, contact_id, at=at)


def told(explained: Explained) -> tuple[Verdict, Reason | None, datetime | None]:
    return explained.explanation.verdict, explained.explanation.reason, explained.explanation.until


def failed(explained: Explained) -> dict[str, Any]:
    return {checked.check: checked.facts for checked in explained.explanation.checks if not checked.passed}


def test_a_contact_with_nothing_in_its_way_may_be_dialed_and_every_check_says_so(world: World) -> None:
    _, contact_id = one_more(world)

    answer = explained(world, contact_id)

    assert told(answer) == (Verdict.GO, None, None)
    assert failed(answer) == {}
    names = [checked.check for checked in answer.explanation.checks]
    assert names[:2] == ["contact_open", "campaign_open"]
    assert names[-3:] == ["due", "number_free", "rate_and_channels"]
    assert [(zone.name, zone.source) for zone in answer.zones] == [("America/Chicago", "number")]
    assert "may be dialed" in answer.sentence


def test_nothing_is_changed_and_nobody_waits_for_an_explanation(world: World) -> None:
    campaign_id, contact_id = one_more(world)
    before = dict(world.contact_row(contact_id)), dict(world.campaign_row(campaign_id))
    with world.sql.begin() as tx:
        tx.exec_driver_sql("SELECT 1 FROM contacts, campaigns FOR UPDATE")

        explained(world, contact_id)

    assert (dict(world.contact_row(contact_id)), dict(world.campaign_row(campaign_id))) == before
    assert world.redis.get(world.keys.gcra(CONNECTION)) is None


def test_nobody_has_no_explanation(world: World) -> None:
    with pytest.raises(NotFound):
        explained(world, "con_" + "0" * 26)


def test_a_contact_outside_its_hours_waits_until_they_begin(world: World) -> None:
    _, contact_id = one_more(world, calling_hours=NINE_TO_EIGHT)

    night = explained(world, contact_id, TUESDAY_NIGHT)

    assert told(night) == (Verdict.HOLD, Reason.OUTSIDE_HOURS, WEDNESDAY_NINE)
    assert failed(night)["calling_hours"]["zones"] == "America/Chicago"
    assert [zone.local and zone.local.isoformat() for zone in night.zones] == ["2031-01-07T22:00:00-06:00"]
    assert told(explained(world, contact_id, WEDNESDAY_NINE)) == (Verdict.GO, None, None)
    assert told(explained(world, contact_id, WEDNESDAY_NINE - timedelta(microseconds=1)))[0] is Verdict.HOLD


def test_a_contact_of_which_nobody_knows_the_hour_waits_for_somebody_to_say_it(world: World) -> None:
    _, contact_id = one_more(world, phone="+18005550142", calling_hours=NINE_TO_EIGHT)

    assert told(explained(world, contact_id)) == (Verdict.HOLD, Reason.ZONE_UNKNOWN, None)


@pytest.mark.parametrize(
    ("campaign", "contact", "reason"),
    [
        ({"status": "draft"}, {}, Reason.CAMPAIGN_NOT_STARTED),
        ({"status": "canceled"}, {}, Reason.CAMPAIGN_CANCELED),
        ({"status": "completed"}, {}, Reason.CAMPAIGN_ENDED),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, {}, Reason.CAMPAIGN_ENDED),
        ({}, {"status": "completed", "reason": "human"}, Reason.CONTACT_CLOSED),
        ({}, {"phone": "+19005550142"}, Reason.NUMBER_KIND),
        ({}, {"attempts": 3}, Reason.ATTEMPTS_SPENT),
        ({}, {"not_after": datetime(2020, 1, 1, tzinfo=UTC)}, Reason.TOO_LATE),
    ],
)
def test_what_does_not_pass_with_time_is_said_as_it_is(
    world: World, campaign: dict[str, Any], contact: dict[str, Any], reason: Reason
) -> None:
    contact_id = world.contact(world.campaign(**campaign), **contact)

    assert told(explained(world, contact_id))[1:] == (reason, None)


def test_a_paused_campaign_says_why_it_was_paused(world: World) -> None:
    why = {"code": "guard_abandon", "detail": "30 of 1,000 calls were abandoned.", "at": None}
    contact_id = world.contact(world.campaign(status="paused", status_reason=why))

    answer = explained(world, contact_id)

    assert told(answer) == (Verdict.HOLD, Reason.CAMPAIGN_PAUSED, None)
    assert "30 of 1,000 calls were abandoned." in answer.sentence


def test_a_stop_of_all_dialing_says_by_whom_and_why_and_did_not_hold_before_it_was_made(world: World) -> None:
    _, contact_id = one_more(world)
    before = world.query("SELECT clock_timestamp()")[0][0]
    world.execute("SELECT pg_sleep(0.01)")
    world.stop_dialing(reason="wrong list")

    answer = explained(world, contact_id)

    assert told(answer) == (Verdict.HOLD, Reason.DIALING_STOPPED, None)
    assert "wrong list" in answer.sentence
    assert told(explained(world, contact_id, before))[1] is not Reason.DIALING_STOPPED


def test_a_scheduled_campaign_begins_at_its_time(world: World) -> None:
    starts_at = datetime(2031, 1, 8, 18, tzinfo=UTC)
    contact_id = world.contact(world.campaign(status="scheduled", starts_at=starts_at))

    assert told(explained(world, contact_id)) == (Verdict.HOLD, Reason.CAMPAIGN_NOT_STARTED, starts_at)
    assert told(explained(world, contact_id, starts_at)) == (Verdict.GO, None, None)


def until_it_ends(world: World, contact_id: str, reason: Reason, check: str) -> datetime:
    """Explain a hold, see that it ends at the time that is told and not before, and return that time."""
    answer = explained(world, contact_id)
    verdict, why, until = told(answer)
    assert (verdict, why) == (Verdict.HOLD, reason)
    assert check in failed(answer)
    assert until is not None
    assert told(explained(world, contact_id, until - timedelta(microseconds=1)))[1] is reason
    assert told(explained(world, contact_id, until))[1] is not reason
    assert told(explained(world, contact_id, not_before(until)))[1] is not reason
    return until


def test_not_before(world: World) -> None:
    moment = utc_now() + HOUR
    contact_id = world.contact(world.campaign(), not_before=moment)

    assert until_it_ends(world, contact_id, Reason.NOT_YET, "not_before") == moment


def test_a_number_that_was_dialed_for_another_contact(world: World) -> None:
    last = sent_at(world, dialed(world, hours_ago=1))
    _, contact_id = one_more(world, number_gap_s=7200)

    assert until_it_ends(world, contact_id, Reason.NUMBER_GAP, "number_gap") == last + 2 * HOUR
    facts = failed(explained(world, contact_id))["number_gap"]
    assert (facts["last_dial_at"], facts["gap"]) == (last, 2 * HOUR)


def test_a_number_that_was_dialed_three_times_in_a_day(world: World) -> None:
    first, *_ = [sent_at(world, dialed(world, hours_ago=hours)) for hours in (20, 12, 6)]
    _, contact_id = one_more(world)

    assert until_it_ends(world, contact_id, Reason.NUMBER_DAY_LIMIT, "number_day_limit") == first + DAY
    assert failed(explained(world, contact_id))["number_day_limit"] == {
        "dials_in_24h": 3,
        "most": 3,
        "said_by": ["installation"],
    }


def test_a_caller_id_that_has_dialed_as_often_as_it_may(world: World) -> None:
    world.set_caps(per_caller_id_24h=1)
    dial = sent_at(world, dialed(world, hours_ago=2, phone="+17085550177"))
    _, contact_id = one_more(world)

    assert until_it_ends(world, contact_id, Reason.CALLER_ID_QUOTA, "caller_id_quota") == dial + DAY


def test_a_number_that_calls_us(world: World) -> None:
    mapped(world)
    tell(world)
    world.advance()
    _, contact_id = one_more(world, phone=CALLER)

    answer = explained(world, contact_id)

    assert told(answer)[:2] == (Verdict.HOLD, Reason.NUMBER_IN_USE)
    assert failed(answer) == {"number_in_use": {"is_calling_us": True}}


def test_a_number_that_is_being_called(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)
    _, rival = one_more(world)

    for contact_id in (rival, world.call_row(call_id)["contact_id"]):
        answer = explained(world, contact_id)
        assert told(answer)[:2] == (Verdict.HOLD, Reason.NUMBER_IN_USE)
        assert failed(answer) == {"number_free": {"is_being_called": True}}


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        ("waiting", "no_answer", Reason.RETRY_DUE),
        ("waiting", "carrier_busy", Reason.CARRIER_BUSY),
        ("held", "record_failed", Reason.RECORD_FAILED),
    ],
)
def test_a_contact_whose_time_has_not_come_says_so(world: World, status: str, reason: str, says: Reason) -> None:
    due_at = utc_now() + HOUR
    contact_id = world.contact(world.campaign(), status=status, reason=reason, due_at=due_at, attempts=1)

    assert until_it_ends(world, contact_id, says, "due") == due_at
    assert failed(explained(world, contact_id))["due"]["because"] == reason


def test_a_contact_that_is_held_until_somebody_acts_has_no_time(world: World) -> None:
    contact_id = world.contact(world.campaign(), status="held", reason="record_failed", due_at=None)

    assert told(explained(world, contact_id)) == (Verdict.HOLD, Reason.RECORD_FAILED, None)


def test_an_opt_out_is_known_from_when_it_was_made(world: World) -> None:
    _, contact_id = one_more(world)
    before = world.query("SELECT clock_timestamp()")[0][0]
    for_a_day = utc_now() + timedelta(days=1)  # one without an end ends the contact
    world.run(suppress_number, PHONE, reason="asked", expires_at=for_a_day)
    world.execute("SELECT pg_sleep(0.01)")
    during = world.query("SELECT clock_timestamp()")[0][0]
    world.execute("SELECT pg_sleep(0.01)")
    world.run(lift_suppression, {"phone": PHONE}, by="anna", because="a mistake")

    assert [told(explained(world, contact_id, at))[1] for at in (before, during)] == [None, Reason.SUPPRESSED]


def test_the_past_is_explained_by_what_was_known_then(world: World) -> None:
    campaign_id = world.campaign(retry={"max_attempts": 1})
    contact_id = world.contact(campaign_id, phone=PHONE)
    before = world.query("SELECT clock_timestamp()")[0][0]
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hang_up(call_id, cause="user_busy")

    assert told(explained(world, contact_id))[1] is Reason.CONTACT_CLOSED
    assert told(explained(world, contact_id, before)) == (Verdict.GO, None, None)


@pytest.mark.parametrize(("limits", "reason"), [({"rate": 0.001}, Reason.RATE), ({"channels": 1}, Reason.NO_CAPACITY)])
def test_a_contact_that_waits_for_rate_or_channels_says_so(
    world: World, limits: dict[str, Any], reason: Reason
) -> None:
    pacing = {"rate": {"calls_per_second": 0.01}, "channels": {"max_live_calls": 1}}
    [limit] = limits
    campaign_id = world.campaign(pacing=pacing[limit])
    world.contacts(campaign_id, 3)
    world.dispatcher.dispatch_calls()
    waiting = world.query("SELECT id FROM contacts WHERE status = 'waiting' LIMIT 1")[0][0]

    answer = explained(world, waiting)

    assert told(answer)[:2] == (Verdict.HOLD, reason)
    assert failed(answer).keys() == {"rate_and_channels"}


def test_a_carrier_that_is_away_is_said(world: World) -> None:
    _, contact_id = one_more(world)
    close_dispatch(world.redis, world.keys, CONNECTION, reason="test")

    assert told(explained(world, contact_id))[:2] == (Verdict.HOLD, Reason.CARRIER_UNAVAILABLE)


def test_what_is_explained_is_what_the_claim_does(world: World) -> None:
    """Many contacts of every kind: the explanation before the claim, and what the claim makes of them."""
    now = utc_now()
    [dialed(world, hours_ago=hours, phone="+17085550160") for hours in (20, 12, 6)]
    dialed(world, hours_ago=1, phone="+17085550161")
    world.run(suppress_number, "+17085550162", reason="asked")
    campaign_id = world.campaign(number_gap_s=7200, ends_at=now + 30 * DAY)
    kinds: list[dict[str, Any]] = [
        {},
        {"phone": "+17085550160"},
        {"phone": "+17085550161"},
        {"phone": "+17085550162"},
        {"phone": "+19005550142"},
        {"not_before": now + HOUR},
        {"not_before": now + HOUR, "not_after": now + 2 * HOUR},
        {"not_after": now - HOUR},
        {"attempts": 3},
        {"attempts": 2},
        {"phone": "+17085550163"},
        {"phone": "+17085550163", "external_id": "twice"},
    ]
    contact_ids = [world.contact(campaign_id, **kind) for kind in kinds]

    before = {contact_id: explained(world, contact_id) for contact_id in contact_ids}
    world.claim(campaign_id)

    rows = {contact_id: world.contact_row(contact_id) for contact_id in contact_ids}
    first, second = contact_ids[-2:]
    assert sorted([rows[first]["status"], rows[second]["reason"] or ""]) == ["calling", "number_in_use"]
    for contact_id in contact_ids[:-1]:
        verdict, reason, until = told(before[contact_id])
        row = rows[contact_id]
        match verdict:
            case Verdict.GO:
                assert row["status"] == "calling"
            case Verdict.HOLD:
                assert (row["status"], row["reason"], row["due_at"]) == ("held", reason, until)
            case Verdict.NEVER:
                assert (row["reason"], row["due_at"]) == (reason, None)
                assert row["status"] in ("exhausted", "suppressed", "expired")


def number(**fields: Any) -> NumberToExplain:
    return NumberToExplain.model_validate({"phone": PHONE, **fields})


def test_a_number_of_no_campaign_is_explained_by_the_settings_that_are_given(world: World) -> None:
    night, tokyo = {"at": TUESDAY_NIGHT}, {"timezone": "Asia/Tokyo", "timezone_source": "address"}

    assert told(world.run(explain_number, number(**night))) == (Verdict.HOLD, Reason.OUTSIDE_HOURS, WEDNESDAY_NINE)
    assert told(world.run(explain_number, number(**night, **tokyo))) == (Verdict.GO, None, None)
    assert told(world.run(explain_number, number(**night, ends_at=TUESDAY_NIGHT))) == (
        Verdict.NEVER,
        Reason.CAMPAIGN_ENDED,
        None,
    )
    assert told(world.run(explain_number, number(at=WEDNESDAY_NINE, not_before=WEDNESDAY_NINE + HOUR))) == (
        Verdict.HOLD,
        Reason.NOT_YET,
        WEDNESDAY_NINE + HOUR,
    )
    assert world.query("SELECT count(*) FROM contacts") == [(0,)]


def test_a_number_of_no_campaign_has_its_history_in_the_ledger(world: World) -> None:
    first, *_ = [sent_at(world, dialed(world, hours_ago=hours)) for hours in (20, 12, 6)]
    always = {"calling_hours": {"always": True, "because": "a test"}, "law": {"mode": "off", "because": "a test"}}
    asked = number(at=first + 23 * HOUR, **always)

    assert told(world.run(explain_number, asked)) == (Verdict.HOLD, Reason.NUMBER_DAY_LIMIT, first + DAY)
    assert told(world.run(explain_number, number(at=first + DAY, **always))) == (Verdict.GO, None, None)
    assert told(world.run(explain_number, number(at=first + 15 * HOUR, **always)))[1] is Reason.NUMBER_GAP

    world.run(suppress_number, PHONE, reason="asked")

    assert told(world.run(explain_number, number(**always)))[1] is Reason.SUPPRESSED
