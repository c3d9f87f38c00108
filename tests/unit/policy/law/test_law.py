"""The law of a call: the stricter of two rules holds, and nobody is called outside of what all of them allow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.law.common_windows import common_windows
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law, law_for
from orchestrator.policy.law.packs import all_packs
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.weekly_hours import WEEK, Window
from orchestrator.policy.zones.clock_rules import clock_of

NEW_YORK = "America/New_York"
DAYS = {"mon": 30, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}  # of November and December 2026
PLACES = sorted({region for pack in all_packs().values() for region in pack.regions} | {"DE", "US-NY"})


def of(place: str, purpose: Purpose = Purpose.SALES, voice: Voice | None = Voice.AGENT) -> Law:
    country = place.partition("-")[0]
    return law_for(tuple(dict.fromkeys((country, place))), purpose, voice)


def is_open_at(law: Law, local: str) -> bool:
    day, clock = local.split()
    now = datetime(
        2026, 11 if day == "mon" else 12, DAYS[day], int(clock[:2]), int(clock[3:]), tzinfo=clock_of(NEW_YORK)
    )
    assert law.hours is not None
    return is_open(law.hours, NEW_YORK, now)


# place, purpose, the hours of a day: the first minute that is open, and the first that is closed again.
HOURS = [
    *(("US", purpose, day, "08:00", "21:00") for purpose, day in product(("informational", "sales"), ("mon", "sun"))),
    ("US", "debt", "sun", "08:00", "21:00"),
    ("US", "survey", "sat", "08:00", "21:00"),
    ("US", "internal", "sat", "08:00", "21:00"),
    *((f"US-{state}", "sales", "sun", "08:00", "20:00") for state in ("FL", "MD", "OK", "WA", "MA", "WY")),
    *((f"US-{state}", "informational", "sun", "08:00", "21:00") for state in ("FL", "MD", "OK", "WA", "TX", "RI")),
    ("US-TX", "sales", "mon", "09:00", "21:00"),
    ("US-TX", "sales", "sat", "09:00", "21:00"),
    ("US-TX", "sales", "sun", "12:00", "21:00"),
    *((f"US-{state}", "sales", "sun", "09:00", "20:00") for state in ("CT", "UT", "NV", "IN")),
    *((f"US-{state}", "sales", "sun", "08:00", "21:00") for state in ("VA", "DC", "NY")),
    *((f"US-{state}", "sales", "sat", "08:00", "20:00") for state in ("AL", "LA", "MS")),
    ("US-KY", "sales", "mon", "10:00", "21:00"),
    *((f"US-{state}", "sales", "mon", "09:00", "21:00") for state in ("MI", "MN", "NM")),
    ("US-SD", "sales", "sat", "08:00", "21:00"),
    ("US-PA", "sales", "sun", "13:30", "21:00"),
    ("US-RI", "sales", "fri", "09:00", "18:00"),
    ("US-RI", "sales", "sat", "10:00", "17:00"),
    ("PR", "sales", "sun", "08:00", "21:00"),
    ("CA", "sales", "fri", "09:00", "21:30"),
    ("CA", "informational", "sat", "10:00", "18:00"),
    ("CA-ON", "sales", "sun", "10:00", "18:00"),
    ("GB", "sales", "sat", "09:00", "20:00"),
    ("DE", "informational", "mon", "09:00", "20:00"),
    ("AU", "sales", "fri", "09:00", "20:00"),
    ("AU", "sales", "sat", "09:00", "17:00"),
    ("AU", "survey", "mon", "09:00", "20:30"),
    ("AU", "survey", "sun", "09:00", "17:00"),
    *(("AU", purpose, "mon", "09:00", "20:00") for purpose in ("informational", "debt")),
    *(("AU", purpose, "sat", "09:00", "17:00") for purpose in ("informational", "debt")),
    ("AU", "internal", "sat", "09:00", "20:00"),
]
NEVER = [
    *((f"US-{state}", "sales", "sun") for state in ("AL", "LA", "MS", "RI", "SD")),
    ("AU", "sales", "sun"),
    *(("AU", purpose, "sun") for purpose in ("informational", "debt", "internal")),
    ("GB", "informational", "sun"),
    ("DE", "sales", "sun"),
]


@pytest.mark.parametrize(("place", "purpose", "day", "opens", "closes"), HOURS)
def test_a_day_is_open_from_the_first_minute_to_the_last(
    place: str, purpose: str, day: str, opens: str, closes: str
) -> None:
    law = of(place, Purpose(purpose))
    minutes = [f"{hour:02d}:{minute:02d}" for hour, minute in product(range(24), range(60))]

    found = [clock for clock in minutes if is_open_at(law, f"{day} {clock}")]

    assert found == [clock for clock in minutes if opens <= clock < closes]


@pytest.mark.parametrize(("place", "purpose", "day"), NEVER)
def test_a_day_on_which_nobody_is_called(place: str, purpose: str, day: str) -> None:
    assert not any(is_open_at(of(place, Purpose(purpose)), f"{day} {hour:02d}:00") for hour in range(24))


def test_a_rule_of_recordings_leaves_agents_alone_and_binds_a_voice_that_nobody_knows() -> None:
    assert is_open_at(of("US-NE", voice=Voice.AGENT), "sun 09:00")
    assert not is_open_at(of("US-NE", voice=Voice.TTS), "sun 09:00")
    assert not is_open_at(of("US-NE", voice=None), "sun 09:00")


@pytest.mark.parametrize("state", ["FL", "MD", "OK"])
def test_three_calls_a_day_on_one_subject(state: str) -> None:
    assert of(f"US-{state}").caps.per_subject_24h == 3
    assert of(f"US-{state}", Purpose.INFORMATIONAL).caps.per_subject_24h is None


def test_debts_of_the_united_states() -> None:
    law = of("US-FL", Purpose.DEBT)

    assert law.caps.per_number_7d == 7
    assert law.rests.after_human == timedelta(days=7)
    assert of("CA", Purpose.DEBT).caps.per_number_7d is None


def test_an_abandoned_call_in_the_united_kingdom() -> None:
    law = of("GB", Purpose.INFORMATIONAL)

    assert law.rests.after_abandoned == timedelta(hours=72)
    assert [rule.at_most_percent for rule in law.values(Kind.ABANDON)] == [0]


@pytest.mark.parametrize("place", ["US", "GB", "DE", "CA", "AU"])
def test_a_phone_rings_for_fifteen_seconds_at_least(place: str) -> None:
    assert of(place).ring == timedelta(seconds=15)


@pytest.mark.parametrize(
    ("place", "purpose", "voice", "kind", "field", "expected"),
    [
        ("US", "sales", "agent", Kind.ABANDON, "at_most_percent", [3]),
        ("CA", "sales", "agent", Kind.ABANDON, "per", ["calendar_month"]),
        ("US", "informational", "agent", Kind.ABANDON, "at_most_percent", []),
        ("US", "sales", "agent", Kind.LIST, "max_age", [timedelta(days=31)]),
        ("US", "informational", "agent", Kind.LIST, "max_age", []),
        ("US", "sales", "ai", Kind.CONSENT, "kind", ["written", "express"]),
        ("US", "informational", "tts", Kind.CONSENT, "kind", ["express"]),
        ("US", "sales", "agent", Kind.CONSENT, "kind", []),
        ("US-CT", "sales", "agent", Kind.CONSENT, "kind", ["written"]),
        ("US-CA", "informational", "agent", Kind.RECORDING, "announce", [True]),
        ("US-NY", "informational", "agent", Kind.RECORDING, "announce", []),
        ("US", "sales", "agent", Kind.RETENTION, "calls_years", [5]),
        ("CA", "sales", "agent", Kind.RETENTION, "calls_years", [3]),
        ("GB", "sales", "agent", Kind.CALLER_ID, "local_choice", [False]),
        ("US", "sales", "agent", Kind.CALLER_ID, "local_choice", [True]),
    ],
)
def test_the_other_rules_are_handed_on(
    place: str, purpose: str, voice: str, kind: Kind, field: str, expected: list[object]
) -> None:
    values = of(place, Purpose(purpose), Voice(voice)).values(kind)

    assert [getattr(value, field) for value in values] == expected


def test_an_artificial_voice_is_told_first_in_all_of_the_united_states() -> None:
    words = [value.first_words for value in of("US-NY", Purpose.INFORMATIONAL, Voice.AI).values(Kind.DISCLOSURE)]

    assert "artificial_voice" in frozenset[str]().union(*words)
    assert of("US-NY", Purpose.INFORMATIONAL, Voice.AGENT).values(Kind.DISCLOSURE) == []


@pytest.mark.parametrize("purpose", [Purpose.INTERNAL, Purpose.EMERGENCY])
def test_ones_own_staff_and_emergencies_have_no_caps_and_rests(purpose: Purpose) -> None:
    for place in PLACES:
        law = of(place, purpose, None)

        assert not any(law.caps) and not any(law.rests)


def test_an_emergency_is_called_at_any_hour_and_on_any_day() -> None:
    law = law_for(tuple(PLACES), Purpose.EMERGENCY)

    assert law.hours is None and law.week is None and not law.is_never_open and not law.holidays


@pytest.mark.parametrize(
    ("place", "day", "name"),
    [
        ("US-LA", "2027-02-09", "Mardi Gras"),
        ("US-AL", "2027-04-26", "Confederate Memorial Day"),
        ("US-AL", "2026-07-03", "Independence Day"),
        ("US-AL", "2026-07-04", "Independence Day"),
        ("US-PA", "2027-03-26", "Good Friday"),
        ("US-PA", "2027-06-14", "Flag Day"),
        ("US-PA", "2027-11-02", "Election Day"),
        ("US-PA", "2029-11-06", "Election Day"),
        ("US-PA", "2028-11-10", "Veterans Day"),
        ("US-PA", "2028-02-21", "Presidents' Day"),
        ("AU", "2028-04-25", "ANZAC Day"),
    ],
)
def test_a_holiday_is_closed_on_its_day_and_where_it_is_observed(place: str, day: str, name: str) -> None:
    law, noon = of(place), datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=clock_of(NEW_YORK))

    assert law.holidays[noon.date()] == name
    assert law.hours and not is_open(law.hours, NEW_YORK, noon)
    assert law.week and is_open(law.week, NEW_YORK, noon) == (noon.weekday() < 6)
    assert not of(place, Purpose.INTERNAL).holidays
    assert place == "AU" or not of(place, Purpose.INFORMATIONAL).holidays


@pytest.mark.parametrize("voice", [Voice.RECORDED, Voice.TTS, Voice.AI, None])
def test_recordings_wait_for_the_end_of_a_holiday_in_nebraska(voice: Voice | None) -> None:
    arbor_day = date(2027, 4, 30)

    assert of("US-NE", voice=voice).holidays[arbor_day] == "Arbor Day"
    assert not of("US-NE", voice=Voice.AGENT).holidays
    assert not of("US-NE", Purpose.INFORMATIONAL, voice).holidays


@pytest.mark.parametrize("purpose", [Purpose.INFORMATIONAL, Purpose.DEBT])
def test_other_calls_to_australia_rest_on_national_holidays_too(purpose: Purpose) -> None:
    law = of("AU", purpose)

    assert law.holidays == of("AU").holidays
    [row] = [rule.row for rule in law.of(Kind.HOLIDAYS)]
    assert row.source and row.confidence == "text"


def test_of_two_places_the_stricter_holds_and_both_are_named() -> None:
    law = law_for(("US", "US-FL", "US-TX"), Purpose.SALES, Voice.AGENT)

    assert law.week and [(len(w.days), w.start, w.end) for w in law.week.windows] == [
        (6, "09:00", "20:00"),
        (1, "12:00", "20:00"),
    ]
    assert [rule.pack for rule in law.of(Kind.WINDOW)] == ["us", "us-fl", "us-tx"]


def test_packs_that_a_campaign_names_bind_beside_those_of_the_place() -> None:
    law = law_for(("US", "US-TX"), Purpose.SALES, Voice.AGENT, also=("us-ri", "a pack of an older release"))

    assert not is_open_at(law, "sun 13:00") and not is_open_at(law, "mon 18:00") and is_open_at(law, "mon 17:59")


def test_where_no_hour_is_common_to_all_rules_there_is_none() -> None:
    night, day = (Window(days=WEEK, start=start, end=end) for start, end in (("00:00", "06:00"), ("08:00", "21:00")))

    assert common_windows([[night], [day]]) == ()
    assert common_windows([[night, day], [day]]) == (day,)
    assert common_windows([]) is None


@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True),
    purpose=st.sampled_from(list(Purpose)),
    voice=st.sampled_from([None, *Voice]),
    minutes=st.integers(0, 5 * 366 * 24 * 60),
    zone=st.sampled_from([NEW_YORK, "America/Phoenix", "Australia/Sydney", "Europe/London"]),
)
def test_no_moment_outside_of_any_rule_is_open(
    places: list[str], purpose: Purpose, voice: Voice | None, minutes: int, zone: str
) -> None:
    law = law_for(tuple(places), purpose, voice)
    local = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(clock_of(zone))

    minute, day = local.hour * 60 + local.minute, list(DAYS)[local.weekday()]
    is_allowed = all(
        any(day in w.days and w.start_minute <= minute < w.end_minute for w in rule.row.value)
        for rule in law.of(Kind.WINDOW)
    )
    opened = (law.hours is None and not law.is_never_open) or (
        law.hours is not None and is_open(law.hours, zone, local)
    )

    assert opened == (is_allowed and local.date() not in law.holidays)


def test_the_same_question_has_the_same_answer() -> None:
    assert law_for(("US",), Purpose.SALES) is law_for(("US",), Purpose.SALES)
