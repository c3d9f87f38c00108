"""What the line did, read from a call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.model.disposition import Disposition, disposition_of
from orchestrator.model.live_call import LiveCall

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ended(**known: Any) -> LiveCall:
    return LiveCall(call_id="call_1", phase="ended", ended_at=NOON, **known)


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [
        ("user_busy", "busy"),
        ("timeout", "no_answer"),
        ("no_answer", "no_answer"),
        ("call_rejected", "rejected"),
        ("not_found", "not_found"),
        ("originator_cancel", "canceled"),
        ("normal_clearing", "answered"),
        ("time_limit", "answered"),
        ("unspecified", "failed"),
        ("never_heard_of", "failed"),
        (None, "failed"),
    ],
)
def test_an_unanswered_call_is_judged_by_its_cause(cause: str | None, disposition: str) -> None:
    assert disposition_of(ended(hangup_cause=cause)) == disposition


@pytest.mark.parametrize(
    ("result", "disposition"),
    [
        ("human", "human"),
        ("human_residence", "human"),
        ("human_business", "human"),
        ("not_sure", "human"),
        ("silence", "human"),
        ("machine", "machine"),
        ("fax_detected", "fax"),
        ("something_new", "answered"),
    ],
)
def test_an_answered_call_is_judged_by_detection(result: str, disposition: str) -> None:
    assert disposition_of(ended(answered_at=NOON, amd_result=result, hangup_cause="normal_clearing")) == disposition


def test_a_call_that_ended_before_its_result_was_answered() -> None:
    assert disposition_of(ended(answered_at=NOON, hangup_cause="normal_clearing")) is Disposition.ANSWERED


def test_a_rejected_dial_has_failed() -> None:
    assert disposition_of(ended(error={"code": "10016"})) is Disposition.FAILED


def test_an_end_that_was_only_assumed_says_nothing_of_who_was_reached() -> None:
    assert disposition_of(ended(hangup_assumed=True, hangup_cause="unspecified")) is Disposition.UNKNOWN


def test_a_call_that_lives_has_no_disposition_yet() -> None:
    assert disposition_of(LiveCall(call_id="call_1", phase="ringing")) is Disposition.UNKNOWN
