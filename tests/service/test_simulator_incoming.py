"""People who call in: parked until they are answered or rejected, or until they give up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.desk import CALLER, Desk, desk, number

_THEM = "+14155551234"


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


def _ring(table: Desk, caller: str = _THEM, **wishes: object) -> str:
    leg = table.simulator.call_in(caller=caller, to=CALLER, **{"gives_up_after_s": 600, **wishes})
    table.receiver.wait("call.initiated", leg=leg)
    return leg


def _code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_a_call_comes_in_parked(table: Desk) -> None:
    leg = _ring(table)

    told = table.receiver.wait("call.initiated", leg=leg).payload

    assert (told["direction"], told["state"], told["from"], told["to"]) == ("incoming", "parked", _THEM, CALLER)
    assert told["client_state"] is None
    assert table.sdk.calls.retrieve_status(leg).data.is_alive is True  # type: ignore[union-attr]
    table.act(leg, "hangup")


def test_it_is_answered_talked_to_and_ended(table: Desk) -> None:
    leg = _ring(table, presses="7")

    table.sdk.calls.actions.answer(leg, client_state="aW4=")
    table.sdk.calls.actions.gather_using_speak(leg, payload="Press a key.", voice="female", maximum_digits=1)
    gathered = table.receiver.wait("call.gather.ended", leg=leg).payload
    table.sdk.calls.actions.hangup(leg)

    assert (gathered["digits"], gathered["client_state"]) == ("7", "aW4=")
    assert table.history(leg)[:2] == ["call.initiated", "call.answered"]
    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"]) == ("normal_clearing", "callee")


def test_a_caller_who_hangs_up_is_the_source(table: Desk) -> None:
    leg = _ring(table, hangs_up_after_s=3)

    table.sdk.calls.actions.answer(leg)

    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"]) == ("normal_clearing", "caller")


def test_a_caller_nobody_answers_gives_up(table: Desk) -> None:
    leg = _ring(table, gives_up_after_s=5)

    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == (
        "originator_cancel",
        "487",
        "caller",
    )
    assert table.history(leg) == ["call.initiated", "call.hangup"]


@pytest.mark.parametrize(
    ("cause", "told", "sip"),
    [
        ("CALL_REJECTED", "call_rejected", "603"),
        ("USER_BUSY", "user_busy", "486"),
        ("NOT_FOUND", "not_found", "404"),
        ("TEMPORARILY_UNAVAILABLE", "unspecified", "480"),
    ],
)
def test_a_rejected_caller_is_told_why(table: Desk, cause: str, told: str, sip: str) -> None:
    leg = _ring(table)

    table.act(leg, "reject", cause=cause).raise_for_status()

    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"]) == (told, sip)


def test_only_a_call_that_came_in_can_be_answered_or_rejected(table: Desk) -> None:
    ours = table.talk("18")

    assert _code(table.act(ours, "answer")) == (422, "90102")
    assert _code(table.act(ours, "reject", cause="USER_BUSY")) == (422, "90102")


def test_an_answered_call_can_be_neither_answered_nor_rejected_again(table: Desk) -> None:
    leg = _ring(table)
    table.act(leg, "answer").raise_for_status()

    assert _code(table.act(leg, "answer")) == (422, "10015")
    assert _code(table.act(leg, "reject", cause="USER_BUSY")) == (422, "10015")


def test_an_unanswered_caller_hears_nothing(table: Desk) -> None:
    leg = _ring(table)

    assert _code(table.act(leg, "speak", payload="Hello", voice="female")) == (422, "90034")
    assert _code(table.act(leg, "enqueue", queue_name="early")) == (422, "90034")
    table.act(leg, "hangup")
    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "call_rejected"


def test_an_answer_may_begin_a_recording_and_a_transcription(table: Desk) -> None:
    leg = _ring(table, says=["I would like to move my appointment."])

    answer = table.sdk.calls.actions.answer(
        leg, record="record-from-answer", record_format="wav", transcription=True
    ).data
    heard = table.receiver.wait("call.transcription", leg=leg).payload["transcription_data"]
    table.sdk.calls.actions.hangup(leg)

    assert heard["transcript"] == "I would like to move my appointment."
    assert answer is not None
    assert table.receiver.wait("call.recording.saved", leg=leg).payload["recording_id"] == answer.recording_id


def test_a_caller_may_press_keys_unasked_and_come_from_a_card(table: Desk) -> None:
    leg = _ring(table, number("09"), keys=[{"after_s": 2, "press": "12"}])
    table.sdk.calls.actions.answer(leg)
    table.receiver.wait("call.dtmf.received", leg=leg, nth=2)

    table.sdk.calls.actions.gather_using_speak(leg, payload="Press a key.", voice="female", maximum_digits=1)

    assert table.receiver.wait("call.gather.ended", leg=leg).payload["digits"] == "9"


def test_a_caller_is_transferred_and_leaves_when_the_agent_does(table: Desk) -> None:
    leg = _ring(table)
    table.sdk.calls.actions.answer(leg)

    table.sdk.calls.actions.transfer(leg, to=number("51"))

    assert table.history(leg) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]


def test_calls_that_came_in_stand_in_the_ledger_apart_from_dials(table: Desk) -> None:
    leg = _ring(table)

    ledger = table.simulator.ledger()

    assert leg in {row["call_control_id"] for row in ledger["incoming"]}
    assert leg not in {row["call_control_id"] for row in ledger["dials"]}
    assert CALLER not in ledger["calls_by_number"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": CALLER}, "from"),
        ({"from": "4155551234", "to": CALLER}, "from"),
        ({"from": _THEM, "to": CALLER, "presses": "x"}, "presses"),
        ({"from": _THEM, "to": CALLER, "gives_up_after_s": 0}, "gives_up_after_s"),
        ({"from": _THEM, "to": CALLER, "colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_caller_is_named(table: Desk, body: dict[str, object], field: str) -> None:
    answer = requests.post(f"{table.simulator.url}/inbound", json=body, timeout=5)

    assert answer.status_code == 400
    assert field in {problem["loc"][0] for problem in answer.json()["problems"]}


def test_a_call_for_which_no_address_is_known_does_not_come_in() -> None:
    with desk(webhook_url=None) as bare:
        answer = requests.post(f"{bare.simulator.url}/inbound", json={"from": _THEM, "to": CALLER}, timeout=5)

    assert answer.status_code == 400
    assert "webhook_url" in answer.json()["error"]


def test_a_caller_nobody_deals_with_is_hung_up_on_where_that_is_set() -> None:
    with desk(time_scale=50, first_command_timeout=100) as strict:
        answered = _ring(strict)
        strict.act(answered, "answer").raise_for_status()
        forgotten = _ring(strict)

        strict.receiver.wait("call.hangup", leg=forgotten)

        assert strict.account(answered)["state"] == "answered"
