"""Calls that nobody answers, that last too long, that are transferred: the carrier's event sequences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk, desk, number


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


@pytest.mark.parametrize(
    ("card", "cause", "sip", "source"),
    [
        ("40", "user_busy", "486", "callee"),
        ("44", "call_rejected", "603", "callee"),
        ("45", "not_found", "404", "unknown"),
        ("42", "timeout", "487", "unknown"),
        ("46", "unspecified", "unspecified", "unknown"),
    ],
)
def test_a_call_that_is_not_answered_is_initiated_and_hung_up(
    table: Desk, card: str, cause: str, sip: str, source: str
) -> None:
    leg = table.dial(card, answering_machine_detection="premium")

    assert table.history(leg) == ["call.initiated", "call.hangup"]
    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == (cause, sip, source)


def test_no_answer_is_said_only_when_the_timeout_may_not_be_retried(table: Desk) -> None:
    leg = table.dial("42", retry_on_timeout=False, timeout_secs=5)

    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "no_answer"


def test_who_would_answer_after_the_timeout_does_not(table: Desk) -> None:
    leg = table.dial("13", timeout_secs=10)

    assert table.history(leg) == ["call.initiated", "call.hangup"]


def test_a_late_answer_within_the_timeout_is_an_answer(table: Desk) -> None:
    leg = table.dial("13", timeout_secs=30)

    table.receiver.wait("call.answered", leg=leg)


def test_a_busy_line_may_be_free_at_the_second_call(table: Desk) -> None:
    first = table.dial("41")
    table.receiver.wait("call.hangup", leg=first)

    table.talk("41")


def test_a_call_ends_at_its_time_limit(table: Desk) -> None:
    leg = table.talk("18", time_limit_secs=30)

    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "time_limit"


def test_a_callee_hangs_up_in_mid_sentence(table: Desk) -> None:
    leg = table.talk("12")

    table.sdk.calls.actions.speak(leg, payload="word " * 100, voice="female")

    assert table.history(leg)[2:] == ["call.speak.started", "call.speak.ended", "call.hangup"]
    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_source"] == "callee"


def test_a_callee_who_hears_nothing_loses_patience(table: Desk) -> None:
    leg = table.talk("19")

    assert table.history(leg) == ["call.initiated", "call.answered", "call.hangup"]


def test_a_transfer_bridges_both_legs_and_ends_both(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.transfer(leg, to=number("50"), target_leg_client_state="Qg==")

    assert table.history(leg) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]
    target = table.target(leg)
    assert table.history(target) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]
    begun = table.receiver.wait("call.initiated", leg=target).payload
    assert begun["client_state"] == "Qg=="
    assert begun["call_session_id"] == table.account(leg)["call_session_id"]
    assert begun["from"] == number("18")
    assert table.receiver.wait("call.hangup", leg=target).payload["hangup_source"] == "callee"


def test_a_leg_that_parks_stays_when_the_other_side_leaves(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.transfer(leg, to=number("51"), park_after_unbridge="self")
    table.receiver.wait("call.bridged", leg=leg)
    table.receiver.wait("call.hangup", leg=table.target(leg))

    table.sdk.calls.actions.speak(leg, payload="You are back.", voice="female")
    table.receiver.wait("call.speak.ended", leg=leg)


@pytest.mark.parametrize(
    ("card", "cause"), [("40", "user_busy"), ("42", "timeout"), ("44", "call_rejected"), ("45", "not_found")]
)
def test_a_transfer_that_fails_leaves_the_first_leg_up(table: Desk, card: str, cause: str) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.transfer(leg, to=number(card), timeout_secs=10)
    target = table.target(leg)

    assert table.history(target) == ["call.initiated", "call.hangup"]
    assert table.receiver.wait("call.hangup", leg=target).payload["hangup_cause"] == cause
    table.sdk.calls.actions.speak(leg, payload="Nobody is free.", voice="female")
    table.receiver.wait("call.speak.ended", leg=leg)


def test_hanging_up_during_a_transfer_cancels_its_target(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.transfer(leg, to=number("42"), timeout_secs=600)
    target = table.target(leg)

    table.sdk.calls.actions.hangup(leg)

    assert table.receiver.wait("call.hangup", leg=target).payload["hangup_cause"] == "originator_cancel"


def test_hanging_up_one_side_of_a_bridge_ends_the_other(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.transfer(leg, to=number("18"))
    table.receiver.wait("call.bridged", leg=leg)

    table.sdk.calls.actions.hangup(leg)

    table.receiver.wait("call.hangup", leg=table.target(leg))


@pytest.mark.parametrize(
    ("card", "cause", "sip", "error"),
    [
        ("33", "normal_clearing", "487", None),
        ("34", "normal_clearing", "503", None),
        ("35", "unspecified", "500", None),
        ("36", "unspecified", "484", None),
        ("37", "unspecified", "604", None),
        ("38", "call_rejected", "403", {"error_code": "D17"}),
        ("39", "call_rejected", "403", {"error_code": "D22"}),
    ],
)
def test_a_line_that_fails_ends_unanswered_with_the_words_of_its_card(
    table: Desk, card: str, cause: str, sip: str, error: dict[str, str] | None
) -> None:
    leg = table.dial(card)

    assert table.history(leg) == ["call.initiated", "call.hangup"]
    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup.get("telnyx_error")) == (cause, sip, error)


def test_a_fault_ends_a_leg_with_any_cause_status_and_error(table: Desk) -> None:
    ends = {"cause": "timeout", "sip": "504", "source": "callee", "code": "90041"}
    table.simulator.set_faults(numbers={number("18"): {"ends": ends}})

    leg = table.dial("18")

    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    table.simulator.set_faults()
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == ("timeout", "504", "callee")
    assert hangup["telnyx_error"] == {"error_code": "90041"}
