"""Breaks seen in other dialers, each held against our policy: the name is the break, the body says that ours holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.caller_id import choose_caller_id
from orchestrator.policy.calling_hours import is_open, next_opening
from orchestrator.policy.dial_gate import GateFacts, Go, Hold, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.pacing import share_by_weight
from orchestrator.policy.retry import AttemptFacts, Final, RetryAt, next_step, unspent_delay
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.policy.weekly_hours import WEEK, CallingHours, Day, Window
from orchestrator.policy.zones.clock_rules import clock_of
from orchestrator.policy.zones.contact_zones import zones_for

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)  # a Monday, noon in New York
FREE = GateFacts(
    campaign_status="running",
    calling_hours=CallingHours(),
    zone_key="America/New_York",
    attempts_spent=0,
    max_attempts=3,
)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock_of(zone)).astimezone(UTC)


def ended(disposition: Disposition, *, spent: int) -> AttemptFacts:
    return AttemptFacts(disposition=disposition, attempts_spent=spent, disposition_counts={disposition: spent})


# newfies-dialer


def test_newfies_window_in_utc_weekday_but_local_hour() -> None:
    mondays = CallingHours(windows=(Window(days=(Day.MON,), start="18:00", end="21:00"),))

    monday_evening = local("America/Los_Angeles", "2027-01-04T20:00:00")  # already Tuesday in UTC
    sunday_evening = local("America/Los_Angeles", "2027-01-03T20:00:00")  # already Monday in UTC

    assert is_open(mondays, "America/Los_Angeles", monday_evening)
    assert not is_open(mondays, "America/Los_Angeles", sunday_evening)


def test_newfies_a_window_cannot_cross_midnight() -> None:
    night = CallingHours(windows=(Window(days=WEEK, start="22:00", end="02:00"),))

    assert is_open(night, "Europe/Madrid", local("Europe/Madrid", "2027-01-05T00:30:00"))


def test_newfies_a_pause_or_a_new_suppression_does_not_stop_what_is_already_queued() -> None:
    queued = FREE

    assert may_dial(queued, NOON) == Go()
    assert may_dial(replace(queued, campaign_status="paused"), NOON) == Hold(Reason.CAMPAIGN_PAUSED, None)
    assert may_dial(replace(queued, suppressed=True), NOON) == Never(Reason.SUPPRESSED, ContactStatus.SUPPRESSED)


def test_newfies_a_retry_fires_outside_the_window() -> None:
    evening = local("America/New_York", "2027-01-04T19:00:00")

    step = next_step(RetryRules(), ended(Disposition.NO_ANSWER, spent=1), evening)

    assert isinstance(step, RetryAt)
    assert may_dial(replace(FREE, attempts_spent=1), step.at) == Hold(
        Reason.OUTSIDE_HOURS, local("America/New_York", "2027-01-05T09:00:00")
    )


def test_newfies_every_failure_is_retried_alike() -> None:
    steps = [next_step(RetryRules(), ended(d, spent=1), NOON) for d in (Disposition.BUSY, Disposition.NOT_FOUND)]

    assert isinstance(steps[0], RetryAt)
    assert steps[1] == Final(ContactStatus.EXHAUSTED, "not_found")


def test_newfies_the_caller_id_changes_on_a_retry() -> None:
    pool = ["+12125550100", "+12125550101", "+12125550102"]

    assert len({choose_caller_id(pool, "con_1") for _attempt in range(5)}) == 1


def test_newfies_the_rate_is_per_campaign_so_that_campaigns_multiply_it() -> None:
    campaigns = {f"cmp_{n}": 100 for n in range(20)}

    grants = share_by_weight(3, campaigns, dict.fromkeys(campaigns, 1)).grants

    assert sum(grants.values()) == 3


# dograh


@pytest.mark.parametrize("zone", ["Not/AZone", "", "EST/EDT", "UTC+5", "Etc/Unknown"])
def test_dograh_an_invalid_zone_fails_open(zone: str) -> None:
    assert not is_open(CallingHours(), zone, NOON)
    assert may_dial(replace(FREE, zone_key=zone), NOON) == Hold(Reason.ZONE_UNKNOWN, None)
    with pytest.raises(ValidationError):
        CallingHours(timezone=zone)


def test_dograh_being_throttled_loses_the_contact() -> None:
    throttled = [unspent_delay(tries) for tries in (1, 5, 100, 100_000)]

    assert all(timedelta(0) <= delay <= timedelta(hours=1) for delay in throttled)
    assert may_dial(FREE, NOON + throttled[-1]) == Go()


def test_dograh_the_window_is_checked_only_when_a_batch_is_planned() -> None:
    planned_at, sent_at = (local("America/New_York", f"2027-01-04T{clock}") for clock in ("19:59:30", "20:00:01"))

    assert may_dial(FREE, planned_at) == Go()
    assert isinstance(may_dial(FREE, sent_at), Hold)


# open-ews and Somleng


def test_open_ews_every_error_spends_the_budget() -> None:
    withdrawn_often_spent_once = ended(Disposition.BUSY, spent=1)

    assert isinstance(next_step(RetryRules(), withdrawn_often_spent_once, NOON), RetryAt)
    assert unspent_delay(7) > timedelta(0)


def test_open_ews_fifteen_minutes_between_all_attempts_whatever_happened() -> None:
    delays = {
        step.at - NOON
        for d in (Disposition.BUSY, Disposition.NO_ANSWER, Disposition.MACHINE)
        if isinstance(step := next_step(RetryRules(), ended(d, spent=1), NOON), RetryAt)
    }

    assert len(delays) == 3


def test_open_ews_one_misrouted_call_removes_the_person() -> None:
    step = next_step(RetryRules(), ended(Disposition.NOT_FOUND, spent=1), NOON)

    assert step == Final(ContactStatus.EXHAUSTED, "not_found")  # an outcome of this contact; no number is suppressed


# VICIdial


def test_vicidial_nothing_dials_and_no_reason_is_recorded() -> None:
    stuck = [
        replace(FREE, zone_key=""),
        replace(FREE, campaign_status="paused"),
        replace(FREE, caller_id_dials_last_day=75, caller_id_day_limit=75),
    ]

    answers = [may_dial(facts, NOON) for facts in stuck]

    assert all(isinstance(answer, Hold) and answer.reason.sentence for answer in answers)


# agentops-platform


def test_agentops_a_hand_typed_table_puts_kansas_city_in_new_york() -> None:
    assert zones_for("+18165550123", now=NOON).key == "America/Chicago"
    assert zones_for("+13015550123", now=NOON).key == "America/New_York"
    assert zones_for("+13025550123", now=NOON).key == "America/New_York"


def test_agentops_regina_is_given_daylight_saving_time() -> None:
    hours = CallingHours(windows=(Window(days=WEEK, start="09:00", end="20:00"),))

    summer = next_opening(hours, "America/Regina", datetime(2027, 7, 5, 6, tzinfo=UTC))
    winter = next_opening(hours, "America/Regina", datetime(2027, 1, 5, 6, tzinfo=UTC))

    assert summer == datetime(2027, 7, 5, 15, tzinfo=UTC)
    assert winter == datetime(2027, 1, 5, 15, tzinfo=UTC)


def test_agentops_an_unknown_zone_becomes_new_york() -> None:
    assert zones_for("+15555550123", now=NOON).key == ""


# clairvoyance, whispey


def test_clairvoyance_the_window_is_evaluated_in_utc() -> None:
    assert not is_open(CallingHours(), "Asia/Kolkata", datetime(2027, 1, 4, 19, tzinfo=UTC))
    assert is_open(CallingHours(), "Asia/Kolkata", datetime(2027, 1, 4, 4, tzinfo=UTC))


def test_whispey_budgets_of_different_endings_stack() -> None:
    rules = RetryRules.model_validate(
        {"max_attempts": 3, "on": {d: {"after": "5m"} for d in ("busy", "no_answer", "machine", "failed")}}
    )
    history = [Disposition.BUSY, Disposition.NO_ANSWER, Disposition.MACHINE]

    steps = [next_step(rules, ended(d, spent=n), NOON) for n, d in enumerate(history, start=1)]

    assert [type(step) for step in steps] == [RetryAt, RetryAt, Final]
