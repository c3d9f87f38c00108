"""What the columns of a file are proposed to fill, and the part of a file that a preview looks at."""

from __future__ import annotations

import io

from orchestrator.contact_files.contact_rows import ContactForm
from orchestrator.contact_files.file_head import FileHead
from orchestrator.contact_files.proposed_map import proposed_inputs, proposed_phone, with_pair

FORM = ContactForm(required=("first_name",), optional=("city", "amount"), region="US")
FILE = b"Kunde;Nr;Mobil privat\nAda;7;+12125550123\nBob;8;(212) 555-0124\n"


def test_the_column_with_the_most_numbers_is_proposed_for_the_phone() -> None:
    assert proposed_phone(io.BytesIO(FILE), FORM, mapping=None, encoding=None) == "phone:Mobil privat"
    kept = proposed_phone(io.BytesIO(FILE), FORM, mapping="first_name:Kunde", encoding=None)
    assert kept == "first_name:Kunde,phone:Mobil privat"


def test_nothing_is_proposed_where_the_phone_is_said_or_no_column_holds_numbers() -> None:
    assert proposed_phone(io.BytesIO(FILE), FORM, mapping="phone:Mobil privat", encoding=None) is None
    assert proposed_phone(io.BytesIO(b"a;b\nx;y\nz;w\n"), FORM, mapping=None, encoding=None) is None


def test_headers_that_mean_an_input_in_another_language_are_proposed_for_it() -> None:
    names = ["Vorname", "Mobil", "Ort", "Betrag"]

    found = proposed_inputs(names, ["phone"], FORM, mapping="phone:Mobil")

    assert found == {"first_name": "Vorname", "city": "Ort", "amount": "Betrag"}


def test_no_header_is_proposed_that_is_taken_or_stands_there_twice() -> None:
    assert proposed_inputs(["Ort", "Ort"], ["phone"], FORM, mapping=None) == {}
    assert proposed_inputs(["Ort"], ["phone", "city"], FORM, mapping=None) == {}
    assert proposed_inputs(["Ort"], ["phone"], FORM, mapping="amount:Ort") == {}


def test_a_header_with_a_comma_is_quoted() -> None:
    assert with_pair(None, "city", "Town, county") == '"city:Town, county"'


def test_a_short_file_is_its_own_head() -> None:
    head = FileHead(io.BytesIO(b"phone\n1\n"), size=4)

    assert (head.is_whole, head.read(6), head.bytes_read, head.is_over) == (True, b"phone\n", 6, False)
    assert head.seek(0) == 0
    assert head.read(99) == b"phone\n1\n"


def test_of_a_long_file_what_begins_in_the_head_is_whole() -> None:
    head = FileHead(io.BytesIO(b"x" * 3_000_000), size=1_000_000)

    assert not head.is_whole
    head.read(1_000_000)
    assert not head.is_over
    head.read(1)
    assert head.is_over
    assert len(head.read(9_000_000)) < 2_000_000
