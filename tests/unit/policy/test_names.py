"""Names and ids that people give: what cannot be seen in them, and the one way they are written."""

from __future__ import annotations

import io
import unicodedata

import pytest
from pydantic import ValidationError

from api.resources.suppressions import NewSuppression
from orchestrator.contact_files.contact_rows import (
    ContactForm,
    ContactProblem,
    NewContact,
    read_contact,
    read_contact_row,
)
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.errors import InvalidInput
from orchestrator.operations.contacts.change_contact import ContactChange
from orchestrator.policy.campaign_rules import CampaignChanges, NewCampaign
from orchestrator.policy.names import forms_of, one_form, unseen_in, unspeakable_in

PHONE = "+12125550123"
# By the database of Unicode, and not by our pattern: controls, breaks of lines, marks of direction, halves.
UNSEEN = [
    char
    for char in map(chr, range(0x10000))
    if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"}
    or unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    or char in "\u061c\u200e\u200f"
]


def test_every_control_and_every_mark_of_direction_is_found() -> None:
    found = [char for char in map(chr, range(0x10000)) if unseen_in(f"a{char}b")]

    assert found == UNSEEN
    assert unseen_in("a\u202eb") == "U+202E"


@pytest.mark.parametrize(
    "name", ["Ann", "Zoë", "李雷", "עברית", "اسم", "क्\u200dष", "a b", "Ann\u00a0B", "🎄", "a\u00adb"]
)
def test_every_script_may_be_written(name: str) -> None:
    assert unseen_in(name) is None


@pytest.mark.parametrize("char", ["\x07", "\x1b", "\x7f", "\x85", "\u200e", "\u202e", "\u2066", "\u2028"])
def test_a_name_with_what_cannot_be_seen_is_refused_with_the_name_of_its_field(char: str) -> None:
    name = f"a{char}b"
    campaign = {"name": "x", "flow": "f", "caller_ids": [PHONE]}

    for model, document, field in (
        (NewCampaign, {**campaign, "name": name}, "name"),
        (NewCampaign, {**campaign, "flow": name}, "flow"),
        (CampaignChanges, {"name": name}, "name"),
        (NewSuppression, {"phone": PHONE, "reason": name, "by": "Ann"}, "reason"),
        (ContactChange, {"status": "completed", "outcome": name}, "outcome"),
    ):
        with pytest.raises(ValidationError) as refused:
            model.model_validate(document)
        [error] = refused.value.errors()
        assert (error["loc"], error["type"]) == ((field,), "bad_character")
        assert f"U+{ord(char):04X}" in error["msg"]


@pytest.mark.parametrize("char", ["\x07", "\x1b", "\x7f", "\u200f", "\u202e", "\u2069"])
@pytest.mark.parametrize(
    ("document", "field"),
    [({"external_id": "a{}b"}, "external_id"), ({"variables": {"a{}b": "x"}}, "variables")],
)
def test_an_id_and_the_name_of_a_variable_are_refused_too(document: dict[str, object], field: str, char: str) -> None:
    written = {"phone": PHONE, **_with(document, char)}

    problem = read_contact(written, ContactForm())

    assert isinstance(problem, ContactProblem)
    assert (problem.code, problem.field) == ("bad_character", field)


def _with(document: dict[str, object], char: str) -> dict[str, object]:
    filled = {name: v.replace("{}", char) if isinstance(v, str) else v for name, v in document.items()}
    variables = filled.get("variables")
    if isinstance(variables, dict):
        filled["variables"] = {name.replace("{}", char): value for name, value in variables.items()}
    return filled


def test_a_file_whose_column_has_such_a_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"U\+0007") as refused:
        CsvRows(io.BytesIO(b"phone,na\x07me\n"), ContactForm())

    assert refused.value.code == "bad_character"


def test_a_row_of_a_file_with_such_an_id_is_refused() -> None:
    problem = read_contact_row({"phone": PHONE, "external_id": "a\x07b"}, ContactForm())

    assert isinstance(problem, ContactProblem) and problem.field == "external_id"


@pytest.mark.parametrize("text", ["two\nlines", "a\ttab", "\u202bright to left\u202c", "a\r\nb"])
def test_a_text_that_is_spoken_may_break_its_lines_and_turn_its_direction(text: str) -> None:
    contact = read_contact({"phone": PHONE, "variables": {"note": text}}, ContactForm())

    assert isinstance(contact, NewContact) and contact.variables == {"note": text}


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x0b", "\x1b", "\x7f"])
def test_a_text_with_a_control_that_nobody_can_speak_is_refused(char: str) -> None:
    problem = read_contact({"phone": PHONE, "variables": {"note": f"a{char}b"}}, ContactForm())

    assert isinstance(problem, ContactProblem)
    assert (problem.code, problem.field) == ("bad_character", "variables/note")
    assert unspeakable_in(f"a{char}b") == f"U+{ord(char):04X}"


def test_two_ids_that_look_alike_are_one() -> None:
    composed, decomposed = "Zo\u00eb-1", "Zoe\u0308-1"

    ids = [read_contact({"phone": PHONE, "external_id": ident}, ContactForm()) for ident in (composed, decomposed)]

    assert [contact.external_id for contact in ids if isinstance(contact, NewContact)] == [composed, composed]
    assert one_form(decomposed) == composed
    assert set(forms_of(composed)) == set(forms_of(decomposed)) == {composed, decomposed}
