"""The telephony's reason is found wherever the carrier's words name it, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.telnyx.answers import Answer, Busy, NotAccepted, Refused, Rejected, sort_answer, sort_hangup_error


def sorted_as(*errors: dict[str, Any], status: int = 403, **rest: Any) -> Answer:
    return sort_answer(status, json.dumps({"errors": list(errors), **rest}).encode(), dialing=True)


def error(detail: str = "", *, code: str = "10010", title: str = "Forbidden", **rest: Any) -> dict[str, Any]:
    return {"code": code, "title": title, "detail": detail, **rest}


@pytest.mark.parametrize(
    "detail",
    [
        "Dialed number is not included in whitelisted countries D13: see portal",
        "Dialed number is not included in whitelisted countries D13",
        "D13",
        "D13 is not the last word",
        "D13: Destination country not enabled",
        "D13. See the portal.",
        "D13, see the portal",
        "D13; see the portal",
        "D13 - see the portal",
        "D13-country",
        "Country not allowed (D13) for this profile",
        "Country not allowed [D13].",
        'Country not allowed: "D13"!',
        "Country not allowed, code=D13&more",
        "Country not allowed, code:D13 (portal)",
        "403/D13/country",
        "SIP-D13 country",
        "country not allowed d13: see portal",
        "country\nD13\nsee portal",
        "country\tD13\tportal",
        "country D13… see portal",
        "Land «D13» nicht erlaubt",
        "D13 D13",
        "x" * 600 + " D13: see portal",
    ],
)
def test_a_reason_anywhere_in_the_words_ends_one_number_and_pauses_nothing(detail: str) -> None:
    answer = sorted_as(error(detail))

    assert isinstance(answer, Rejected)
    assert answer.d_code == "D13"


@pytest.mark.parametrize(
    "detail",
    [
        "ABCD13",
        "ID13 is unknown",
        "ID13",
        "D130",
        "D130 is unknown",
        "D1300: see portal",
        "HD22 is a format",
        "D13x",
        "D13_field",
        "_D13",
        "D-13",
        "D 13",
        "D1.5 is a version",
        "2.D13",
        "see d2.example.com",
        "write to d13@example.com",
        "write to a@d13",
        "ÄD13",
        "1D13",
        "D",
        "",
    ],
)
def test_no_reason_is_read_into_a_longer_word_or_number(detail: str) -> None:
    answer = sorted_as(error(detail))

    assert isinstance(answer, Refused)
    assert answer.d_code is None


def test_a_reason_may_stand_in_the_title_or_be_the_code() -> None:
    in_title = sorted_as(error("Not allowed", title="D41: the prefix is blocked"))
    as_code = sorted_as(error("Not allowed", code="D13"))

    assert isinstance(in_title, Rejected) and isinstance(as_code, Rejected)
    assert (in_title.d_code, as_code.d_code) == ("D41", "D13")


@pytest.mark.parametrize(
    ("detail", "kind", "d_code"),
    [
        ("D13 or D2: see portal", Busy, "D2"),
        ("D2 or D13: see portal", Busy, "D2"),
        ("D13, D17, D2: see portal", Refused, "D17"),
        ("D41 and D13", Rejected, "D41"),
    ],
)
def test_of_several_reasons_the_most_urgent_counts(detail: str, kind: type, d_code: str) -> None:
    answer = sorted_as(error(detail))

    assert isinstance(answer, kind) and isinstance(answer, NotAccepted)
    assert answer.d_code == d_code


def test_a_reason_in_one_error_explains_the_bare_no_in_another() -> None:
    for errors in ([error(), error("Country D13: see portal")], [error("Country D13: see portal"), error()]):
        assert isinstance(sorted_as(*errors), Rejected)
    assert isinstance(sorted_as(error("Country D13"), error("Account disabled D17: see portal")), Refused)
    assert isinstance(sorted_as(error("Country D13"), error(code="10009")), Refused)


@pytest.mark.parametrize(
    "telephony", [{"error_code": "d13"}, {"code": "D13"}, {"error_code": 403, "detail": "Country D13: see portal"}]
)
@pytest.mark.parametrize("errors", [{}, {"errors": [error()]}, {"errors": None}])
def test_the_telephonys_own_part_names_it_with_or_without_errors(telephony: Any, errors: Any) -> None:
    answer = sort_answer(403, json.dumps({**errors, "telnyx_error": telephony}).encode(), dialing=True)

    assert isinstance(answer, Rejected)
    assert answer.d_code == "D13"


def test_a_value_of_ours_that_is_quoted_is_no_reason() -> None:
    at = {"source": {"pointer": "/from_display_name"}}

    quoted = sorted_as(error("'D2 Logistics' has invalid characters", code="10015", **at), status=422)
    named = sorted_as(error("No more channels D2", code="10015", **at), status=422)

    assert isinstance(quoted, Refused)
    assert isinstance(named, Busy)


@pytest.mark.parametrize("name", ["detail", "title", "error_code"])
def test_a_hangup_is_read_by_the_same_rule(name: str) -> None:
    told = sort_hangup_error({name: "Country D13: see portal"})

    assert isinstance(told, Rejected)
    assert told.d_code == "D13"
