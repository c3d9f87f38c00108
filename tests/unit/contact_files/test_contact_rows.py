"""Contacts as clients send them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contact_files.contact_rows import (
    PRIORITY_COLUMN,
    ContactForm,
    ContactProblem,
    NewContact,
    read_contact,
    read_contact_row,
)

FORM = ContactForm(required=("first_name", "appointment"), optional=("language",))
GOOD: dict[str, Any] = {"phone": "+12125550123", "variables": {"first_name": "Ann", "appointment": "Monday"}}


def problem_of(document: Any, form: ContactForm = FORM) -> tuple[str, str]:
    answer = read_contact(document, form)
    assert isinstance(answer, ContactProblem), answer
    assert answer.detail
    return answer.code, answer.field


def test_a_contact_is_read_with_everything_it_may_carry() -> None:
    contact = read_contact(
        GOOD
        | {
            "external_id": " patient-7 ",
            "timezone": "america/chicago",
            "not_before": "2027-01-04T09:00:00-05:00",
            "not_after": "2027-01-05T00:00:00Z",
            "priority": 5,
        },
        FORM,
    )

    assert contact == NewContact(
        phone="+12125550123",
        external_id="patient-7",
        timezone="America/Chicago",
        not_before=datetime(2027, 1, 4, 14, tzinfo=UTC),
        not_after=datetime(2027, 1, 5, tzinfo=UTC),
        priority=5,
        variables={"first_name": "Ann", "appointment": "Monday"},
    )


def test_a_number_alone_is_a_contact_where_the_flow_asks_for_nothing() -> None:
    contact = read_contact({"phone": "+12125550123"}, ContactForm())

    assert contact == NewContact("+12125550123", None, None, None, None, 0, {})


def test_names_match_the_flows_inputs_whatever_their_case_spaces_and_underscores() -> None:
    contact = read_contact(
        {"phone": "+12125550123", "variables": {"First Name": "Ann", "APPOINTMENT": "Monday", "Shoe Size": 43}}, FORM
    )

    assert isinstance(contact, NewContact)
    assert contact.variables == {"first_name": "Ann", "appointment": "Monday", "Shoe Size": 43}


def test_a_national_number_is_read_with_the_uploads_region() -> None:
    contact = read_contact(GOOD | {"phone": "(212) 555-0123"}, ContactForm(region="US"))

    assert isinstance(contact, NewContact)
    assert contact.phone == "+12125550123"


def test_a_region_is_proposed_only_where_one_can_be_named() -> None:
    alone = read_contact({"phone": "212 555 0123"}, ContactForm())
    in_a_file = read_contact_row({"phone": "212 555 0123"}, ContactForm())

    assert isinstance(alone, ContactProblem)
    assert isinstance(in_a_file, ContactProblem)
    assert "region" not in alone.detail
    assert in_a_file.detail == f"{alone.detail}, or name the file's `region`, such as US"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"phone": None}, "required", "phone"),
        ({"phone": ""}, "required", "phone"),
        ({"phone": 12125550123}, "not_text", "phone"),
        ({"phone": "212 555 0123"}, "no_region", "phone"),
        ({"phone": "+1 212 555"}, "impossible", "phone"),
        ({"phone": "sip:ann@example.com"}, "sip_uri", "phone"),
        ({"name": "Ann"}, "unknown_field", "name"),
        ({"external_id": 7}, "not_text", "external_id"),
        ({"external_id": "x" * 201}, "too_long", "external_id"),
        ({"external_id": "a\x00"}, "bad_character", "external_id"),
        ({"timezone": "EST/Nowhere"}, "unknown_zone", "timezone"),
        ({"timezone": 5}, "not_text", "timezone"),
        ({"not_before": "tomorrow"}, "moment", "not_before"),
        ({"not_after": "2027-01-04T09:00:00"}, "moment", "not_after"),
        ({"not_before": "2027-01-04T09:00:00Z", "not_after": "2027-01-04T10:00:00+01:00"}, "not_after", "not_after"),
        ({"priority": "high"}, "priority", "priority"),
        ({"priority": True}, "priority", "priority"),
        ({"priority": 1001}, "priority", "priority"),
        ({"variables": ["Ann"]}, "variables", "variables"),
        ({"variables": {str(n): n for n in range(201)}}, "variables", "variables"),
        ({"variables": {"first_name": "Ann"}}, "missing_input", "variables/appointment"),
        ({"variables": {"first_name": "Ann", "appointment": "  "}}, "missing_input", "variables/appointment"),
        ({"variables": {"first_name": "Ann", "appointment": None}}, "missing_input", "variables/appointment"),
        ({"variables": {"first_name": {"given": "Ann"}, "appointment": "x"}}, "not_a_value", "variables/first_name"),
        ({"variables": {"first_name": float("nan"), "appointment": "x"}}, "not_a_value", "variables/first_name"),
        ({"variables": {"first_name": 10**400, "appointment": "x"}}, "not_a_value", "variables/first_name"),
        ({"variables": {"first_name": "x" * 4001, "appointment": "x"}}, "too_long", "variables/first_name"),
        ({"variables": {"first_name": "\ud800", "appointment": "x"}}, "bad_character", "variables/first_name"),
        ({"variables": {"First Name": "A", "first_name": "B"}}, "duplicate_variable", "variables/first_name"),
    ],
)
def test_a_wrong_field_is_told_by_name(change: dict[str, Any], code: str, field: str) -> None:
    assert problem_of(GOOD | change) == (code, field)


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_what_is_no_object_is_no_contact(document: object) -> None:
    assert problem_of(document) == ("not_an_object", "")


def test_an_empty_cell_of_a_file_counts_as_missing() -> None:
    row = {
        "phone": "+12125550123",
        "timezone": "",
        "external_id": " ",
        "first_name": "Ann",
        "appointment": "x",
        "language": "",
    }

    contact = read_contact_row(row, FORM)
    without = read_contact_row(row | {"first_name": ""}, FORM)

    assert contact == NewContact("+12125550123", None, None, None, None, 0, {"first_name": "Ann", "appointment": "x"})
    assert isinstance(without, ContactProblem)
    assert (without.code, without.field) == ("missing_input", "variables/first_name")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = st.sampled_from(["phone", "external_id", "timezone", "not_before", "not_after", "priority", "variables"])


@given(st.dictionaries(_FIELDS, _JSON) | st.dictionaries(st.text(), _JSON, max_size=2))
def test_any_json_is_a_contact_or_a_problem_and_never_an_exception(document: dict[str, Any]) -> None:
    assert isinstance(read_contact({"phone": "+12125550123"} | document, FORM), NewContact | ContactProblem)


@pytest.mark.parametrize(
    ("phone", "word"),
    [("+1 900 555 1212", "premium"), ("+881612345678", "satellite"), ("+80812345678", "shared-cost")],
)
def test_a_contact_whose_number_is_never_dialed_is_refused_with_its_kind(phone: str, word: str) -> None:
    told = [
        read_contact({"phone": phone}, ContactForm()),
        read_contact_row({"phone": phone}, ContactForm()),
    ]

    assert all(isinstance(problem, ContactProblem) and problem.code == "number_kind" for problem in told)
    assert all(isinstance(problem, ContactProblem) and word in problem.detail for problem in told)


def test_a_free_number_may_be_a_contact() -> None:
    assert isinstance(read_contact({"phone": "+18005551212"}, ContactForm()), NewContact)


@pytest.mark.parametrize(("written", "priority"), [("5", 5), ("5.0", 5), ("-1000.00", -1000), ("", 0), ("5.5", None)])
def test_a_priority_of_a_row_is_whole_though_a_program_wrote_a_fraction_of_nothing(
    written: str, priority: int | None
) -> None:
    read = read_contact_row({"phone": "+12025550123", PRIORITY_COLUMN: written}, ContactForm())

    assert getattr(read, "priority", None) == priority
