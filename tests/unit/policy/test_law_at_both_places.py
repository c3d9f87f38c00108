"""Nobody is called outside of the hours of the law in any place where the person may be, at any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.dial_gate import GateFacts, Go, Hold, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import law_zones_for, zones_for
from orchestrator.policy.zones.zone_names import zones_of

ALWAYS = CallingHours.model_validate({"always": True, "because": "a test"})
PHONES = ("+16175550123", "+12065550123", "+12192002000", "+13055550123", "+12145550123", "+19075812000")
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu")
_MOMENTS = st.integers(0, 400 * 24 * 60 * 60).map(lambda s: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=s))


def facts(phone: str, timezone: str | None, source: str | None, purpose: Purpose, now: datetime) -> GateFacts:
    return GateFacts(
        campaign_status="running",
        calling_hours=ALWAYS,
        zone_key=zones_for(phone, timezone, now=now).key,
        law_zone_key=law_zones_for(phone, timezone, source, now=now),
        law=law_for(regions_of(phone), purpose),
        attempts_spent=0,
        max_attempts=3,
    )


@given(
    now=_MOMENTS,
    phone=st.sampled_from(PHONES),
    timezone=st.sampled_from(ZONES),
    source=st.sampled_from([None, "crm", "said"]),
    purpose=st.sampled_from([Purpose.SALES, Purpose.DEBT, Purpose.INFORMATIONAL]),
)
def test_a_zone_of_the_records_and_the_number_must_both_be_open(
    now: datetime, phone: str, timezone: str, source: str | None, purpose: Purpose
) -> None:
    asked = facts(phone, timezone, source, purpose, now)
    places = (timezone, *zones_of(zones_for(phone, now=now).key))

    verdict = may_dial(asked, now)

    assert asked.law and asked.law.hours
    if isinstance(verdict, Go):
        assert [zone for zone in places if not is_open(asked.law.hours, zone, now)] == []
    elif verdict == Hold(Reason.ZONE_UNKNOWN, None):
        assert phone in ("+12192002000", "+19075812000") or "Pacific/Honolulu" in places
    else:
        assert [zone for zone in places if not is_open(asked.law.hours, zone, now)]


@given(now=_MOMENTS, phone=st.sampled_from(PHONES), timezone=st.sampled_from(ZONES))
def test_a_zone_of_an_address_counts_alone(now: datetime, phone: str, timezone: str) -> None:
    asked = facts(phone, timezone, "address", Purpose.SALES, now)

    assert asked.law and asked.law.hours
    assert (may_dial(asked, now) == Go()) == is_open(asked.law.hours, timezone, now)


@pytest.mark.parametrize(
    ("source", "until"),
    [
        (None, "2026-11-30T16:00:00+00:00"),
        ("said", "2026-11-30T16:00:00+00:00"),
        ("address", None),
    ],
)
def test_seattle_is_not_rung_at_half_past_six_because_a_record_says_boston(
    source: str | None, until: str | None
) -> None:
    half_past_six = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)

    verdict = may_dial(facts("+12065550123", "America/New_York", source, Purpose.SALES, half_past_six), half_past_six)

    expected = Hold(Reason.LAW_HOURS, datetime.fromisoformat(until)) if until else Go()
    assert verdict == expected
