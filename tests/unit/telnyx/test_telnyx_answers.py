"""Sorting answers: what each status and code makes the caller do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.telnyx.answers import (
    Accepted,
    Ambiguous,
    Answer,
    Busy,
    Gone,
    NotAccepted,
    Refused,
    Rejected,
    sort_answer,
)

IDS = {"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "session", "is_alive": False}


def _error(code: str | int, *, pointer: str | None = None, detail: str = "", title: str = "t") -> dict[str, Any]:
    source = {"source": {"pointer": pointer}} if pointer else {}
    return {"code": code, "title": title, "detail": detail, **source}


def _sort(status: int, *errors: dict[str, Any], dialing: bool = True, **rest: Any) -> Answer:
    return sort_answer(status, json.dumps({"errors": list(errors), **rest}).encode(), dialing=dialing)


def test_an_accepted_dial_carries_the_ids_of_the_leg() -> None:
    answer = sort_answer(200, json.dumps({"data": IDS}).encode(), dialing=True)

    assert answer == Accepted(call_control_id="v3:leg", call_leg_id="leg", call_session_id="session")


def test_an_accepted_recording_carries_its_id() -> None:
    answer = sort_answer(200, b'{"data":{"result":"ok","recording_id":"r1"}}', dialing=False)

    assert answer == Accepted(recording_id="r1")


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b"[]", b'"ok"', b"{}", b'{"data": null}', b'{"data": "ok"}'])
@pytest.mark.parametrize("dialing", [True, False])
def test_r3_an_unreadable_yes_is_ambiguous(body: bytes, dialing: bool) -> None:
    assert isinstance(sort_answer(200, body, dialing=dialing), Ambiguous)


def test_r3_a_yes_without_a_control_id_is_ambiguous() -> None:
    assert isinstance(sort_answer(200, b'{"data":{"call_leg_id":"leg"}}', dialing=True), Ambiguous)


@pytest.mark.parametrize("status", [100, 302, 304, 307, 408, 409, 425, 500, 501, 502, 503, 504, 599])
@pytest.mark.parametrize("dialing", [True, False])
def test_r3_whatever_may_have_been_acted_upon_is_ambiguous(status: int, dialing: bool) -> None:
    assert isinstance(_sort(status, _error("10007"), dialing=dialing), Ambiguous)
    assert isinstance(sort_answer(status, b"<html>", dialing=dialing), Ambiguous)


@pytest.mark.parametrize("code", ["D1", "D2", "D3", "D5", "D9", "D22", "D56"])
def test_r4_a_full_carrier_is_busy(code: str) -> None:
    answer = _sort(403, _error("10010", detail=f"Dialing is not possible now {code}"))

    assert isinstance(answer, Busy)
    assert (answer.code, answer.d_code) == ("10010", code)


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, 10011), (429, "90103"), (429, "77777"), (403, "90103"), (403, "90041"), (422, "90042"), (403, 90043)],
)
@pytest.mark.parametrize("dialing", [True, False])
def test_r4_limits_are_busy_whatever_is_asked(status: int, code: str | int, dialing: bool) -> None:
    answer = _sort(status, _error(code), dialing=dialing)

    assert isinstance(answer, Busy)
    assert answer.code == str(code)


def test_r4_the_carriers_wish_to_wait_is_kept() -> None:
    answer = sort_answer(429, b"", dialing=True, retry_after_s=2.5)

    assert isinstance(answer, Busy)
    assert (answer.retry_after_s, answer.code) == (2.5, "429")


@pytest.mark.parametrize(
    "code", ["D10", "D14", "D17", "D18", "D19", "D35", "D36", "D38", "D51", "D52", "D63", "D7", "D99"]
)
def test_r5_what_concerns_the_account_is_refused(code: str) -> None:
    assert isinstance(_sort(403, _error("10010", detail=f"No {code}")), Refused)


@pytest.mark.parametrize("code", ["D11", "D12", "D13", "D21", "D24", "D40", "D41", "D59", "D60", "D61"])
def test_r5_what_concerns_the_number_is_rejected(code: str) -> None:
    assert isinstance(_sort(403, _error("10010", detail=f"No {code}")), Rejected)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, _error("10009")),
        (402, _error("20100")),
        (403, _error("10010", detail="You do not have permission")),
        (404, _error("10005")),
        (422, _error("10015", pointer="/connection_id")),
        (422, _error("10015", detail="The application has no valid webhook URL")),
        (422, _error("10016", pointer="/from")),
        (422, _error("10004", pointer="/from")),
        (422, _error("10032", pointer="/answering_machine_detection")),
        (422, _error("10011", detail="SRTP is not supported")),
        (422, _error("90029")),
        (400, _error("10028")),
        (418, _error("77777")),
    ],
)
def test_r5_a_dial_that_our_side_got_wrong_is_refused(status: int, error: dict[str, Any]) -> None:
    assert isinstance(_sort(status, error), Refused)


@pytest.mark.parametrize(
    "error",
    [
        _error("10016", pointer="/to"),
        _error(10016),
        _error("10002"),
        _error("10004", pointer="/to"),
        _error("10015", pointer="/to"),
        _error("10015", pointer="to"),
        _error("10016", pointer="#/to/0"),
        {"code": "10016", "title": "t", "source": {"parameter": "to"}},
    ],
)
def test_r5_a_number_that_cannot_be_dialed_is_rejected(error: dict[str, Any]) -> None:
    assert isinstance(_sort(422, error), Rejected)


def test_r5_a_wrong_key_is_refused_in_mid_call_too() -> None:
    assert isinstance(_sort(401, _error("10009"), dialing=False), Refused)


def test_r5_one_wrong_field_of_ours_outweighs_a_wrong_number() -> None:
    answer = _sort(422, _error("10016", pointer="/to"), _error("10015", pointer="/connection_id"))

    assert isinstance(answer, Refused)
    assert answer.pointer == "/connection_id"


@pytest.mark.parametrize(
    ("status", "code"), [(422, "90018"), (422, 90018), (422, "90015"), (400, "90015"), (404, "10005"), (404, "0")]
)
def test_r14_a_leg_that_is_over_is_gone(status: int, code: str | int) -> None:
    assert isinstance(_sort(status, _error(code), dialing=False), Gone)


@pytest.mark.parametrize("code", ["90015", "90018"])
@pytest.mark.parametrize(("pointer", "kind"), [("/call_control_id", Rejected), ("/queue", Gone), (None, Gone)])
def test_r14_a_complaint_about_a_field_that_was_sent_says_nothing_about_the_leg(
    code: str, pointer: str | None, kind: type
) -> None:
    body = json.dumps({"errors": [_error(code, pointer=pointer)]}).encode()

    answer = sort_answer(422, body, dialing=False, sent={"call_control_id", "command_id"})

    assert isinstance(answer, kind)


def test_r14_a_bare_404_on_a_leg_is_gone() -> None:
    assert isinstance(sort_answer(404, b"not found", dialing=False), Gone)


@pytest.mark.parametrize(
    ("status", "code"), [(422, "90034"), (422, "90020"), (400, "90040"), (422, "10032"), (403, "10010"), (400, "10015")]
)
def test_a_command_that_is_not_possible_is_rejected(status: int, code: str) -> None:
    assert isinstance(_sort(status, _error(code), dialing=False), Rejected)


def test_a_transfer_without_room_is_busy() -> None:
    assert isinstance(_sort(403, _error("10010", detail="Limit D1"), dialing=False), Busy)


def test_the_reason_is_found_where_only_the_telephony_part_names_it() -> None:
    answer = _sort(403, _error("10010", detail="Not allowed"), telnyx_error={"error_code": "D13"})

    assert isinstance(answer, Rejected)
    assert answer.as_error() == {"code": "D13", "title": "t", "detail": "Not allowed"}


@pytest.mark.parametrize("detail", ["ABCD13", "HD22", "D1234"])
def test_words_that_look_like_a_reason_are_none(detail: str) -> None:
    answer = _sort(403, _error("10010", detail=detail))

    assert isinstance(answer, NotAccepted)
    assert answer.d_code is None


@pytest.mark.parametrize("errors", [None, [], "no", [7], [None], {"code": "10016"}])
def test_errors_of_any_shape_are_sorted_by_their_status(errors: Any) -> None:
    answer = sort_answer(422, json.dumps({"errors": errors}).encode(), dialing=True)

    assert isinstance(answer, Refused)
    assert (answer.code, answer.status) == ("422", 422)


def test_an_error_of_odd_parts_is_read_as_text() -> None:
    answer = _sort(422, {"code": None, "title": 7, "detail": ["x"], "source": "y"})

    assert isinstance(answer, Refused)
    assert (answer.code, answer.title, answer.pointer) == ("422", "7", None)


def test_a_long_story_is_cut() -> None:
    answer = sort_answer(400, b"x" * 100_000, dialing=True)

    assert isinstance(answer, Refused)
    assert len(answer.detail) == 500
