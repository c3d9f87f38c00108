"""The gate's answers, one reason at a time, and which reason is told first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.dial_gate import GateFacts, Go, Hold, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.weekly_hours import CallingHours

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)  # a Monday, noon in New York
HOUR = timedelta(hours=1)
FREE = GateFacts(
    campaign_status="running",
    calling_hours=CallingHours(),
    zone_key="America/New_York",
    attempts_spent=0,
    max_attempts=3,
)
DAY = timedelta(days=1)
STALE = Registry("national", NOON - 31 * DAY, 31 * DAY)
FRESH = Registry("florida", NOON - 31 * DAY + timedelta(microseconds=1), 31 * DAY)
NEVER_IMPORTED = Registry("new", None, 31 * DAY)


def test_a_contact_with_nothing_in_its_way_may_be_dialed() -> None:
    assert may_dial(FREE, NOON) == Go()


def test_a_single_call_outside_any_campaign_goes_the_same_way() -> None:
    single = replace(FREE, campaign_status=None)

    assert may_dial(single, NOON) == Go()
    assert isinstance(may_dial(single, NOON + 12 * HOUR), Hold)
    assert may_dial(replace(single, ignore_hours=True, zone_key=""), NOON + 12 * HOUR) == Go()


@pytest.mark.parametrize(
    ("facts", "reason", "until"),
    [
        (replace(FREE, dialing_stopped=True), Reason.DIALING_STOPPED, None),
        (replace(FREE, campaign_status="draft"), Reason.CAMPAIGN_NOT_STARTED, None),
        (replace(FREE, campaign_status="scheduled", starts_at=NOON + HOUR), Reason.CAMPAIGN_NOT_STARTED, NOON + HOUR),
        (replace(FREE, campaign_status="paused"), Reason.CAMPAIGN_PAUSED, None),
        (
            replace(FREE, connection_closed=Reason.CARRIER_UNAVAILABLE, connection_opens_at=NOON + HOUR),
            Reason.CARRIER_UNAVAILABLE,
            NOON + HOUR,
        ),
        (replace(FREE, not_before=NOON + HOUR), Reason.NOT_YET, NOON + HOUR),
        (replace(FREE, zone_key=""), Reason.ZONE_UNKNOWN, None),
        (replace(FREE, zone_key="America/New_York|Pacific/Guam"), Reason.ZONE_UNKNOWN, None),
        (replace(FREE, zone_key="Asia/Tokyo"), Reason.OUTSIDE_HOURS, datetime(2027, 1, 5, 0, tzinfo=UTC)),
        (replace(FREE, number_in_use=True), Reason.NUMBER_IN_USE, NOON + timedelta(minutes=1)),
        (replace(FREE, registries=(STALE,)), Reason.LIST_STALE, None),
        (replace(FREE, registries=(FRESH, STALE)), Reason.LIST_STALE, None),
        (replace(FREE, registries=(NEVER_IMPORTED,), number_in_use=True), Reason.LIST_STALE, None),
        (replace(FREE, registries=(STALE,), ends_at=NOON + HOUR), Reason.LIST_STALE, NOON + HOUR),
        (replace(FREE, allow_list="agreed", is_allowed=False), Reason.NOT_ON_ALLOW_LIST, None),
        (replace(FREE, last_dial_to_number_at=NOON - HOUR, number_gap=2 * HOUR), Reason.NUMBER_GAP, NOON + HOUR),
        (
            replace(FREE, number_dials_last_day=3, number_day_limit=3),
            Reason.NUMBER_DAY_LIMIT,
            NOON + timedelta(minutes=1),
        ),
        (
            replace(FREE, number_dials_last_day=3, number_day_limit=3, number_frees_at=NOON + HOUR),
            Reason.NUMBER_DAY_LIMIT,
            NOON + HOUR,
        ),
        (
            replace(FREE, number_dials_last_week=7, number_week_limit=7),
            Reason.NUMBER_WEEK_LIMIT,
            NOON + timedelta(minutes=1),
        ),
        (
            replace(FREE, number_dials_last_week=8, number_week_limit=7, number_week_frees_at=NOON + HOUR),
            Reason.NUMBER_WEEK_LIMIT,
            NOON + HOUR,
        ),
        (
            replace(FREE, subject_dials_last_day=1, subject_day_limit=1),
            Reason.SUBJECT_DAY_LIMIT,
            NOON + timedelta(minutes=1),
        ),
        (
            replace(FREE, subject_dials_last_day=1, subject_day_limit=1, subject_frees_at=NOON + HOUR),
            Reason.SUBJECT_DAY_LIMIT,
            NOON + HOUR,
        ),
        (replace(FREE, last_human_at=NOON - HOUR, rest_after_human=2 * HOUR), Reason.REST_AFTER_HUMAN, NOON + HOUR),
        (
            replace(FREE, last_abandoned_at=NOON - HOUR, rest_after_abandoned=2 * HOUR),
            Reason.REST_AFTER_ABANDONED,
            NOON + HOUR,
        ),
        (
            replace(FREE, caller_id_dials_last_day=75, caller_id_day_limit=75),
            Reason.CALLER_ID_QUOTA,
            NOON + timedelta(minutes=15),
        ),
        (
            replace(FREE, caller_id_dials_last_day=75, caller_id_day_limit=75, caller_id_frees_at=NOON + HOUR),
            Reason.CALLER_ID_QUOTA,
            NOON + HOUR,
        ),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_time(facts: GateFacts, reason: Reason, until: datetime | None) -> None:
    assert may_dial(facts, NOON) == Hold(reason, until)


@pytest.mark.parametrize(
    ("facts", "reason", "status"),
    [
        (replace(FREE, contact_status_ok=False), Reason.CONTACT_CLOSED, None),
        (replace(FREE, campaign_status="canceled"), Reason.CAMPAIGN_CANCELED, ContactStatus.CANCELED),
        (replace(FREE, campaign_status="completed"), Reason.CAMPAIGN_ENDED, ContactStatus.EXPIRED),
        (replace(FREE, ends_at=NOON), Reason.CAMPAIGN_ENDED, ContactStatus.EXPIRED),
        (replace(FREE, number_kind=NumberKind.PREMIUM), Reason.NUMBER_KIND, ContactStatus.EXHAUSTED),
        (replace(FREE, number_kind=NumberKind.SATELLITE, suppressed=True), Reason.NUMBER_KIND, ContactStatus.EXHAUSTED),
        (replace(FREE, suppressed=True), Reason.SUPPRESSED, ContactStatus.SUPPRESSED),
        (replace(FREE, listed_on="internal"), Reason.SUPPRESSED, ContactStatus.SUPPRESSED),
        (replace(FREE, listed_on="national", registries=(STALE,)), Reason.SUPPRESSED, ContactStatus.SUPPRESSED),
        (replace(FREE, attempts_spent=3), Reason.ATTEMPTS_SPENT, ContactStatus.EXHAUSTED),
        (replace(FREE, not_after=NOON), Reason.TOO_LATE, ContactStatus.EXPIRED),
    ],
)
def test_what_can_never_be_dialed_is_told_with_its_final_status(
    facts: GateFacts, reason: Reason, status: ContactStatus | None
) -> None:
    assert may_dial(facts, NOON) == Never(reason, status)
    assert may_dial(replace(facts, dialing_stopped=True), NOON) == Never(reason, status)


@pytest.mark.parametrize(
    "edge",
    [
        replace(FREE, not_before=NOON),
        replace(FREE, starts_at=NOON),
        replace(FREE, not_after=NOON + timedelta(microseconds=1)),
        replace(FREE, ends_at=NOON + timedelta(microseconds=1)),
        replace(FREE, last_dial_to_number_at=NOON - HOUR, number_gap=HOUR),
        replace(FREE, attempts_spent=2),
        replace(FREE, registries=(FRESH,)),
        replace(FREE, allow_list="agreed", is_allowed=True),
        replace(FREE, is_allowed=False),
        replace(FREE, caller_id_dials_last_day=74, caller_id_day_limit=75),
        replace(FREE, number_dials_last_day=10_000),
        replace(FREE, number_dials_last_week=6, number_week_limit=7),
        replace(FREE, number_dials_last_week=10_000),
        replace(FREE, subject_dials_last_day=2, subject_day_limit=3),
        replace(FREE, subject_dials_last_day=10_000),
        replace(FREE, last_human_at=NOON - HOUR, rest_after_human=HOUR),
        replace(FREE, last_human_at=NOON),
        replace(FREE, rest_after_human=HOUR, rest_after_abandoned=HOUR),
        replace(FREE, last_abandoned_at=NOON - HOUR, rest_after_abandoned=HOUR),
    ],
)
def test_at_the_edge_of_a_limit_the_contact_may_be_dialed(edge: GateFacts) -> None:
    assert may_dial(edge, NOON) == Go()


def test_gap_rests_and_caps_are_told_in_this_order() -> None:
    held = {
        Reason.NUMBER_IN_USE: {"number_in_use": True},
        Reason.NUMBER_GAP: {"last_dial_to_number_at": NOON, "number_gap": HOUR},
        Reason.REST_AFTER_HUMAN: {"last_human_at": NOON, "rest_after_human": HOUR},
        Reason.REST_AFTER_ABANDONED: {"last_abandoned_at": NOON, "rest_after_abandoned": HOUR},
        Reason.NUMBER_DAY_LIMIT: {"number_dials_last_day": 3, "number_day_limit": 3},
        Reason.NUMBER_WEEK_LIMIT: {"number_dials_last_week": 7, "number_week_limit": 7},
        Reason.SUBJECT_DAY_LIMIT: {"subject_dials_last_day": 1, "subject_day_limit": 1},
        Reason.CALLER_ID_QUOTA: {"caller_id_dials_last_day": 75, "caller_id_day_limit": 75},
    }

    told = []
    for first in range(len(held)):
        facts = FREE
        for changes in list(held.values())[first:]:
            facts = replace(facts, **changes)  # type: ignore[arg-type]  # of all kinds
        answer = may_dial(facts, NOON)
        told.append(answer.reason if isinstance(answer, Hold) else None)

    assert told == list(held)


def test_a_hold_ends_at_the_contacts_or_the_campaigns_own_end_and_then_the_answer_is_never() -> None:
    closing = replace(FREE, zone_key="Asia/Tokyo", not_after=NOON + HOUR, ends_at=NOON + 2 * HOUR)
    lost = replace(FREE, zone_key="", ends_at=NOON + 2 * HOUR)

    assert may_dial(closing, NOON) == Hold(Reason.OUTSIDE_HOURS, NOON + HOUR)
    assert may_dial(closing, NOON + HOUR) == Never(Reason.TOO_LATE, ContactStatus.EXPIRED)
    assert may_dial(lost, NOON) == Hold(Reason.ZONE_UNKNOWN, NOON + 2 * HOUR)


def test_r1_the_gate_asked_at_the_send_sees_what_has_changed_since_the_claim() -> None:
    at_claim = may_dial(FREE, NOON)
    at_send = may_dial(replace(FREE, suppressed=True), NOON + timedelta(seconds=1))

    assert at_claim == Go()
    assert at_send == Never(Reason.SUPPRESSED, ContactStatus.SUPPRESSED)


def test_r9_a_paused_campaign_is_held_whatever_else_is_true() -> None:
    assert may_dial(replace(FREE, campaign_status="paused", ignore_hours=True), NOON) == Hold(
        Reason.CAMPAIGN_PAUSED, None
    )


def test_r10_a_closed_hour_tells_the_time_to_move_the_row_to() -> None:
    night = datetime(2027, 1, 5, 4, tzinfo=UTC)

    answer = may_dial(FREE, night)

    assert answer == Hold(Reason.OUTSIDE_HOURS, datetime(2027, 1, 5, 14, tzinfo=UTC))
    assert may_dial(FREE, datetime(2027, 1, 5, 14, tzinfo=UTC)) == Go()


def test_r22_a_contact_without_a_zone_is_held_for_ever_and_says_so() -> None:
    assert may_dial(replace(FREE, zone_key="Etc/Unknown"), NOON) == Hold(Reason.ZONE_UNKNOWN, None)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained_in_one_sentence(reason: Reason) -> None:
    assert reason.sentence.endswith(".")
    assert reason.sentence[0].isupper()
