"""An explanation asks all checks of the gate, and its verdict is the gate's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.dial_gate import CHECKS, GateFacts, Go, Hold, Never, may_dial
from orchestrator.policy.explain import Checked, Verdict, explain
from orchestrator.policy.hold_reasons import Reason
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
MOMENTS = st.none() | st.integers(-72, 72).map(lambda hours: NOON + hours * HOUR)
ANY_FACTS = st.builds(
    GateFacts,
    campaign_status=st.sampled_from([None, "draft", "scheduled", "running", "paused", "completed", "canceled"]),
    calling_hours=st.sampled_from([CallingHours(), CallingHours(always=True, because="a test")]),
    zone_key=st.sampled_from(["", "America/New_York", "Asia/Tokyo", "America/New_York|Pacific/Guam"]),
    attempts_spent=st.integers(0, 4),
    max_attempts=st.just(3),
    dialing_stopped=st.booleans(),
    starts_at=MOMENTS,
    ends_at=MOMENTS,
    not_before=MOMENTS,
    not_after=MOMENTS,
    ignore_hours=st.booleans(),
    suppressed=st.booleans(),
    contact_status_ok=st.booleans(),
    number_kind=st.sampled_from(NumberKind),
    number_in_use=st.booleans(),
    last_dial_to_number_at=MOMENTS,
    number_gap=st.just(2 * HOUR),
    number_dials_last_day=st.integers(0, 4),
    number_day_limit=st.none() | st.just(3),
    number_frees_at=MOMENTS,
    caller_id_dials_last_day=st.integers(0, 80),
    caller_id_day_limit=st.none() | st.just(75),
    caller_id_frees_at=MOMENTS,
)


@given(facts=ANY_FACTS, now=MOMENTS.filter(bool))
def test_the_verdict_of_an_explanation_is_that_of_the_gate(facts: GateFacts, now: datetime) -> None:
    told = explain(facts, now)

    assert told.answer == may_dial(facts, now)
    assert [checked.check for checked in told.checks] == [check.name for check in CHECKS]
    assert (told.verdict is Verdict.GO) == all(checked.passed for checked in told.checks)
    first = next((checked for checked in told.checks if not checked.passed), None)
    assert (told.reason, told.until) == ((first.reason, first.until) if first else (None, None))


def test_each_check_is_asked_though_one_before_it_did_not_pass() -> None:
    facts = replace(FREE, suppressed=True, not_before=NOON + HOUR, number_in_use=True)

    told = explain(facts, NOON)

    assert told.answer == Never(Reason.SUPPRESSED, ContactStatus.SUPPRESSED)
    failed = {checked.check: (checked.reason, checked.until) for checked in told.checks if not checked.passed}
    assert failed == {
        "suppression": (Reason.SUPPRESSED, None),
        "not_before": (Reason.NOT_YET, NOON + HOUR),
        "number_in_use": (Reason.NUMBER_IN_USE, NOON + timedelta(minutes=1)),
    }


def test_each_check_says_what_it_was_judged_by() -> None:
    told = {checked.check: checked.facts for checked in explain(replace(FREE, contact_status="waiting"), NOON).checks}

    assert told["contact_open"] == {"contact_status": "waiting"}
    assert told["attempts_left"] == {"attempts": 0, "most": 3}
    assert told["calling_hours"]["zones"] == "America/New_York"


def test_what_is_asked_behind_the_gate_decides_only_where_the_gate_lets_go() -> None:
    waits = Checked("due", Reason.RETRY_DUE, NOON + HOUR, {})
    held = explain(replace(FREE, not_before=NOON + 2 * HOUR), NOON)

    assert explain(FREE, NOON).followed_by([waits]).answer == Hold(Reason.RETRY_DUE, NOON + HOUR)
    assert held.followed_by([waits]).answer == Hold(Reason.NOT_YET, NOON + 2 * HOUR)
    assert held.followed_by([waits]).checks[-1] == waits
    assert explain(FREE, NOON).followed_by([Checked("due", None, None, {})]).answer == Go()
