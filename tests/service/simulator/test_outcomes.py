"""Outcomes of calls: unanswered, at the time limit, transferred."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulated_carrier import SimulatedCarrier, number, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


@pytest.mark.parametrize(
    ("last_digits", "cause", "sip", "source"),
    [
        ("40", "user_busy", "486", "callee"),
        ("44", "call_rejected", "603", "callee"),
        ("45", "not_found", "404", "unknown"),
        ("42", "timeout", "487", "unknown"),
        ("46", "unspecified", "unspecified", "unknown"),
    ],
)
def test_a_call_that_is_not_answered_is_initiated_and_hung_up(
    carrier: SimulatedCarrier, last_digits: str, cause: str, sip: str, source: str
) -> None:
    leg = carrier.dial(last_digits, answering_machine_detection="premium")

    assert carrier.history(leg) == ["call.initiated", "call.hangup"]
    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == (cause, sip, source)


def test_the_cause_is_no_answer_only_when_the_timeout_may_not_be_retried(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("42", retry_on_timeout=False, timeout_secs=5)

    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "no_answer"


def test_a_callee_slower_than_the_timeout_does_not_answer(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("13", timeout_secs=10)

    assert carrier.history(leg) == ["call.initiated", "call.hangup"]


def test_a_late_answer_within_the_timeout_is_an_answer(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("13", timeout_secs=30)

    carrier.receiver.wait("call.answered", leg=leg)


def test_a_busy_line_may_be_free_at_the_second_call(carrier: SimulatedCarrier) -> None:
    first = carrier.dial("41")
    carrier.receiver.wait("call.hangup", leg=first)

    carrier.talk("41")


def test_a_call_ends_at_its_time_limit(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", time_limit_secs=30)

    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "time_limit"


def test_a_callee_hangs_up_in_mid_sentence(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("12")

    carrier.sdk.calls.actions.speak(leg, payload="word " * 100, voice="female")

    assert carrier.history(leg)[2:] == ["call.speak.started", "call.speak.ended", "call.hangup"]
    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_source"] == "callee"


def test_a_callee_hangs_up_on_silence(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("19")

    assert carrier.history(leg) == ["call.initiated", "call.answered", "call.hangup"]


def test_a_transfer_bridges_both_legs_and_ends_both(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.transfer(leg, to=number("50"), target_leg_client_state="Qg==")

    assert carrier.history(leg) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]
    target = carrier.target(leg)
    assert carrier.history(target) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]
    begun = carrier.receiver.wait("call.initiated", leg=target).payload
    assert begun["client_state"] == "Qg=="
    assert begun["call_session_id"] == carrier.account(leg)["call_session_id"]
    assert begun["from"] == number("18")
    assert carrier.receiver.wait("call.hangup", leg=target).payload["hangup_source"] == "callee"


def test_a_leg_that_parks_stays_when_the_bridged_leg_ends(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.transfer(leg, to=number("51"), park_after_unbridge="self")
    carrier.receiver.wait("call.bridged", leg=leg)
    carrier.receiver.wait("call.hangup", leg=carrier.target(leg))

    carrier.sdk.calls.actions.speak(leg, payload="You are back.", voice="female")
    carrier.receiver.wait("call.speak.ended", leg=leg)


@pytest.mark.parametrize(
    ("last_digits", "cause"), [("40", "user_busy"), ("42", "timeout"), ("44", "call_rejected"), ("45", "not_found")]
)
def test_a_transfer_that_fails_leaves_the_first_leg_up(carrier: SimulatedCarrier, last_digits: str, cause: str) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.transfer(leg, to=number(last_digits), timeout_secs=10)
    target = carrier.target(leg)

    assert carrier.history(target) == ["call.initiated", "call.hangup"]
    assert carrier.receiver.wait("call.hangup", leg=target).payload["hangup_cause"] == cause
    carrier.sdk.calls.actions.speak(leg, payload="Nobody is free.", voice="female")
    carrier.receiver.wait("call.speak.ended", leg=leg)


def test_hanging_up_during_a_transfer_cancels_its_target(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.transfer(leg, to=number("42"), timeout_secs=600)
    target = carrier.target(leg)

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.receiver.wait("call.hangup", leg=target).payload["hangup_cause"] == "originator_cancel"


def test_hanging_up_one_leg_of_a_bridge_ends_the_other(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.transfer(leg, to=number("18"))
    carrier.receiver.wait("call.bridged", leg=leg)

    carrier.sdk.calls.actions.hangup(leg)

    carrier.receiver.wait("call.hangup", leg=carrier.target(leg))


@pytest.mark.parametrize(
    ("last_digits", "cause", "sip", "error"),
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
def test_a_failing_test_number_ends_unanswered_with_its_cause(
    carrier: SimulatedCarrier, last_digits: str, cause: str, sip: str, error: dict[str, str] | None
) -> None:
    leg = carrier.dial(last_digits)

    assert carrier.history(leg) == ["call.initiated", "call.hangup"]
    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup.get("telnyx_error")) == (cause, sip, error)


def test_a_fault_ends_a_leg_with_any_cause_status_and_error(carrier: SimulatedCarrier) -> None:
    ends = {"cause": "timeout", "sip": "504", "source": "callee", "code": "90041"}
    carrier.simulator.set_faults(numbers={number("18"): {"ends": ends}})

    leg = carrier.dial("18")

    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    carrier.simulator.set_faults()
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == ("timeout", "504", "callee")
    assert hangup["telnyx_error"] == {"error_code": "90041"}
