"""The gate asks the law of the person's place: beside the campaign's own hours, and whatever those say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.dial_gate import CHECKS, GateFacts, Go, Hold, may_dial
from orchestrator.policy.explain import explain
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import Law, law_for
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.weekly_hours import CallingHours

EASTERN, PACIFIC = "America/New_York", "America/Los_Angeles"
ALWAYS = CallingHours.model_validate({"always": True, "because": "a test"})
FLORIDA = law_for(("US", "US-FL"), Purpose.SALES, Voice.AGENT)
LOUISIANA = law_for(("US", "US-LA"), Purpose.SALES, Voice.AGENT)
FREE = GateFacts(
    campaign_status="running",
    calling_hours=ALWAYS,
    zone_key=EASTERN,
    attempts_spent=0,
    max_attempts=3,
    law=FLORIDA,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_law_is_asked_right_behind_the_calling_hours() -> None:
    names = [check.name for check in CHECKS]

    assert names[names.index("calling_hours") :][:3] == ["calling_hours", "law_hours", "law_holiday"]


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ("2026-11-30T13:00:00", Go()),  # 08:00 in Florida
        ("2026-12-01T00:59:59", Go()),
        ("2026-12-01T01:00:00", Hold(Reason.LAW_HOURS, at("2026-12-01T13:00:00"))),
        ("2026-12-01T12:59:59", Hold(Reason.LAW_HOURS, at("2026-12-01T13:00:00"))),
    ],
)
def test_a_campaign_that_calls_at_any_hour_calls_in_those_of_the_law(now: str, verdict: Go | Hold) -> None:
    assert may_dial(FREE, at(now)) == verdict


def test_the_campaigns_own_hours_are_told_first() -> None:
    night = at("2026-12-01T04:00:00")

    assert may_dial(replace(FREE, calling_hours=CallingHours()), night) == Hold(
        Reason.OUTSIDE_HOURS, at("2026-12-01T14:00:00")
    )


def test_the_law_must_be_open_in_all_of_its_zones() -> None:
    both = replace(FREE, law_zone_key=f"{PACIFIC}|{EASTERN}")

    assert may_dial(both, at("2026-11-30T15:59:00")) == Hold(Reason.LAW_HOURS, at("2026-11-30T16:00:00"))
    assert may_dial(both, at("2026-12-01T00:59:00")) == Go()
    assert may_dial(both, at("2026-12-01T01:00:00")) == Hold(Reason.LAW_HOURS, at("2026-12-01T16:00:00"))


def test_without_a_known_zone_the_law_lets_nobody_be_called() -> None:
    assert may_dial(replace(FREE, zone_key=""), at("2026-11-30T17:00:00")) == Hold(Reason.ZONE_UNKNOWN, None)


def test_a_holiday_is_told_as_one_and_ends_with_the_next_opening() -> None:
    mardi_gras = replace(FREE, law=LOUISIANA, zone_key="America/Chicago")

    assert may_dial(mardi_gras, at("2027-02-09T18:00:00")) == Hold(Reason.LAW_HOLIDAY, at("2027-02-10T14:00:00"))
    assert may_dial(mardi_gras, at("2027-02-09T05:00:00")) == Hold(Reason.LAW_HOURS, at("2027-02-10T14:00:00"))
    assert may_dial(mardi_gras, at("2027-02-10T14:00:00")) == Go()


@pytest.mark.parametrize("mode", [LawMode.WARN, LawMode.OFF])
def test_a_campaign_that_does_not_obey_the_law_is_let_go_and_the_explanation_says_what_the_law_says(
    mode: LawMode,
) -> None:
    night = at("2026-12-01T04:00:00")
    facts = replace(FREE, law_mode=mode)

    explained = {check.check: check for check in explain(facts, night).checks}

    assert may_dial(facts, night) == Go()
    assert explained["law_hours"].passed
    assert explained["law_hours"].facts["would_hold"] == "law_hours"
    assert explained["law_hours"].facts["mode"] == mode


def test_hours_that_a_single_call_ignores_are_those_of_the_law_too() -> None:
    assert may_dial(replace(FREE, ignore_hours=True), at("2026-12-01T04:00:00")) == Go()


def test_an_emergency_is_called_in_the_night() -> None:
    emergency = law_for(("US", "US-FL"), Purpose.EMERGENCY)

    assert may_dial(replace(FREE, law=emergency, zone_key=""), at("2026-12-01T04:00:00")) == Go()


def test_an_explanation_names_both_rules_of_which_the_stricter_holds() -> None:
    [hours, holiday] = [
        check for check in explain(FREE, at("2026-12-01T04:00:00")).checks if check.check.startswith("law_")
    ]

    assert [(source.source, source.as_of, source.confidence) for source in hours.sources] == [
        ("47 CFR 64.1200(c)(1); 16 CFR 310.4(c)", date(2026, 11, 28), "text"),
        ("Fla. Stat. 501.616(6)(a)", date(2026, 11, 28), "text"),
    ]
    assert hours.facts["regions"] == ["US", "US-FL"]
    assert hours.facts["windows"].keys() == {"us", "us-fl"}
    assert holiday.sources == ()


def test_an_explanation_names_the_holiday() -> None:
    facts = replace(FREE, law=LOUISIANA, zone_key="America/Chicago")

    explained = {check.check: check for check in explain(facts, at("2027-02-09T18:00:00")).checks}

    assert explained["law_holiday"].facts["holidays"] == {"2027-02-09": "Mardi Gras"}


def test_facts_without_a_law_forbid_nothing() -> None:
    assert may_dial(replace(FREE, law=None), at("2026-12-01T04:00:00")) == Go()


OFFICE = CallingHours()  # Monday to Saturday from 09:00 to 20:00
EARLY = CallingHours.model_validate({"windows": [{"days": ["mon-sun"], "start": "06:00", "end": "10:00"}]})
IN_HAWAII = EARLY.model_copy(update={"timezone": "Pacific/Honolulu"})
BY_NIGHT = CallingHours.model_validate({"windows": [{"days": ["fri", "sun"], "start": "19:30", "end": "09:30"}]})


@pytest.mark.parametrize(
    ("hours", "now", "verdict"),
    [
        # who is closed now is told, with the time at which both are open
        (EARLY, "2026-12-01T10:00:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-01T13:00:00"))),
        (EARLY, "2026-12-01T11:30:00", Hold(Reason.LAW_HOURS, at("2026-12-01T13:00:00"))),
        (EARLY, "2026-12-01T16:00:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-02T13:00:00"))),
        # the law has opened, and the campaign has not
        (OFFICE, "2026-12-01T12:30:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-01T14:00:00"))),
        # 06:00 in Honolulu is 11:00 in Florida
        (IN_HAWAII, "2026-12-01T12:30:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-01T16:00:00"))),
        # Friday evening until Saturday morning: the law lets go before and after the night
        (BY_NIGHT, "2026-12-04T23:00:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-05T00:30:00"))),
        (BY_NIGHT, "2026-12-05T01:00:00", Hold(Reason.LAW_HOURS, at("2026-12-05T13:00:00"))),
        (BY_NIGHT, "2026-12-05T14:30:00", Hold(Reason.OUTSIDE_HOURS, at("2026-12-07T00:30:00"))),
    ],
)
def test_a_hold_lasts_until_the_campaign_and_the_law_are_both_open(
    hours: CallingHours, now: str, verdict: Hold
) -> None:
    assert may_dial(replace(FREE, calling_hours=hours), at(now)) == verdict


def test_a_hold_of_a_campaign_that_does_not_obey_the_law_ends_with_its_own_hours() -> None:
    facts = replace(FREE, calling_hours=EARLY, law_mode=LawMode.WARN)

    assert may_dial(facts, at("2026-12-01T10:00:00")) == Hold(Reason.OUTSIDE_HOURS, at("2026-12-01T11:00:00"))


def test_every_check_of_hours_is_explained_with_the_moment_at_which_both_are_open() -> None:
    explained = explain(replace(FREE, calling_hours=EARLY), at("2026-12-01T10:00:00"))

    assert explained.until == at("2026-12-01T13:00:00")
    assert {check.check: check.until for check in explained.checks if check.reason} == {
        "calling_hours": at("2026-12-01T13:00:00"),
        "law_hours": at("2026-12-01T13:00:00"),
    }


@given(
    seconds=st.integers(0, 3 * 366 * 24 * 60 * 60),
    law=st.sampled_from([FLORIDA, LOUISIANA, law_for(("US", "US-TX"), Purpose.SALES), law_for(("GB",), Purpose.DEBT)]),
    zones=st.sets(st.sampled_from([EASTERN, "America/Denver", PACIFIC, "America/Phoenix"]), min_size=1),
    hours=st.sampled_from([ALWAYS, OFFICE, EARLY, IN_HAWAII, BY_NIGHT]),
    zone=st.sampled_from([EASTERN, PACIFIC]),
)
def test_nobody_is_called_outside_of_both_hours_and_a_hold_ends_at_the_first_moment_of_both(
    seconds: int, law: Law, zones: set[str], hours: CallingHours, zone: str
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    facts = replace(FREE, law=law, law_zone_key="|".join(sorted(zones)), calling_hours=hours, zone_key=zone)

    def are_open(moment: datetime) -> bool:
        assert law.hours
        return is_open(hours, zone, moment) and all(is_open(law.hours, each, moment) for each in zones)

    verdict = may_dial(facts, now)

    assert (verdict == Go()) is are_open(now)
    if isinstance(verdict, Hold) and verdict.until:
        assert may_dial(facts, verdict.until) == Go()
        waited = verdict.until - now
        assert not any(are_open(now + waited * part / 200) for part in range(200))
        assert not are_open(verdict.until - timedelta(seconds=1))
    elif verdict != Go():
        assert verdict == Hold(Reason.NO_COMMON_HOURS, None)
        assert not any(are_open(now + timedelta(minutes=20 * step)) for step in range(3 * 24 * 7))
