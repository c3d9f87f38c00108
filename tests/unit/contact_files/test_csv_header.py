"""Headers as people and programs write them: the phone's column is found, or the refusal says how to name it."""

from __future__ import annotations

import io

import pytest

from orchestrator.contact_files.contact_rows import ContactForm
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.errors import InvalidInput

FORM = ContactForm(required=("first_name",), optional=("mobile",))
NUMBER = "+12025550123"


def columns_of(header: str, *, mapping: str | None = None, form: ContactForm | None = None) -> tuple[str, ...]:
    return CsvRows(io.BytesIO(f"{header}\r\n".encode()), form or ContactForm(), mapping=mapping).header.columns


def refusal_of(data: str | bytes, *, mapping: str | None = None) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as refused:
        CsvRows(io.BytesIO(data if isinstance(data, bytes) else data.encode()), ContactForm(), mapping=mapping)
    return refused.value.code, refused.value.errors[0]["detail"]


@pytest.mark.parametrize(
    "header",
    [
        *("phone", "Phone", "PHONE", "Phone Number", "phone_number", "PhoneNumber", "Phone No.", "Phone #", "Phone 1"),
        *("Phone 1 - Value", "Telephone", "Telephone Number", "Tel", "Tel.", "Tel. No.", "Mobile", "Mobile Phone"),
        *(
            "Mobile Number",
            "mobile_no",
            "Cell",
            "Cell Phone",
            "Cellphone number",
            "MSISDN",
            "msisdn ",
            "Contact Number",
        ),
        *("Home Phone", "Work Phone", "Business Phone", "Primary Phone", "Phone (mobile)", "E.164", "phone_e164"),
        *("Telefon", "Telefonnummer", "Telefon-Nr.", "Tel.-Nr.", "Handy", "Handynummer", "Mobil", "Rufnummer"),
        *("Teléfono", "TELEFONO", "Número de teléfono", "Móvil", "Celular", "Telefone", "Telemóvel", "Téléphone"),
        *(
            "N° de téléphone",
            "Portable",
            "Cellulare",
            "Telefono",
            "Telefoon",
            "GSM",
            "Puhelin",
            "Komórka",
            "Numer telefonu",
        ),
        *("Телефон", "Номер телефона", "Мобильный", "Τηλέφωνο", "電話番号", "手机号", "전화번호", "טלפון", "هاتف"),
        *("\u200bphone", "phone\u00a0", "\ufeffPhone", "Pho\u00adne", "ph\u200done", '"phone"', "WhatsApp number"),
    ],
)
def test_a_column_of_numbers_is_known_by_the_names_people_give_it(header: str) -> None:
    assert columns_of(f"{header},first_name") == ("phone", "first_name")


@pytest.mark.parametrize(
    "header",
    ["Fax", "Business Fax", "Phone Type", "Phone 1 - Type", "number", "name", "Mobile OS", "telephony", "Cellar"],
)
def test_a_column_of_something_else_is_not_taken_for_numbers(header: str) -> None:
    code, detail = refusal_of(f"{header},city\nx,y\n")

    assert code == "missing_column"
    assert repr(header) in detail and "'city'" in detail and "map=phone:" in detail and "`phone`" in detail


@pytest.mark.parametrize(
    "header",
    ["Phone,Mobile", "phone,Phone Number", "Phone 1 - Value,Phone 2 - Value", "Telefon,Handy", "Home Phone,Work Phone"],
)
def test_two_columns_that_could_be_the_phone_are_refused_by_name(header: str) -> None:
    code, detail = refusal_of(f"{header},name\n{NUMBER},{NUMBER},Ann\n")

    assert code == "duplicate_column"
    assert all(repr(name) in detail for name in header.split(",")) and "map=phone:" in detail


def test_the_client_says_which_of_two_is_the_phone() -> None:
    assert columns_of("Mobile,Home Phone,name", mapping="phone:mobile") == ("phone", "Home Phone", "name")
    assert columns_of("Mobile,Phone", mapping="phone:Mobile,landline:Phone") == ("phone", "landline")


def test_an_input_of_the_flow_is_no_phone_even_if_it_is_named_like_one() -> None:
    assert columns_of("Phone,Mobile,First Name", form=FORM) == ("phone", "mobile", "first_name")


@pytest.mark.parametrize(
    ("mapping", "columns"),
    [
        ("phone:Phone Number,first_name:Vorname", ("phone", "first_name", "Ort, Land")),
        ("first_name:vorname", ("phone", "first_name", "Ort, Land")),
        ('phone:PHONE-NUMBER, "city:Ort, Land"', ("phone", "Vorname", "city")),
        ("external_id:Vorname", ("phone", "external_id", "Ort, Land")),
        ("", ("phone", "Vorname", "Ort, Land")),
    ],
)
def test_a_mapping_says_what_columns_fill(mapping: str, columns: tuple[str, ...]) -> None:
    assert columns_of('Phone Number,Vorname,"Ort, Land"', mapping=mapping) == columns


@pytest.mark.parametrize(
    "mapping",
    [
        "phone",
        "phone:",
        ":Vorname",
        "phone:Nummer",
        "city:Ort",
        "phone:Phone,phone:Vorname",
        "a:Vorname,b:Vorname",
        'a:"x',
    ],
)
def test_a_mapping_that_fits_no_column_is_refused_where_it_stands(mapping: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        columns_of("Phone,Vorname", mapping=mapping)

    assert refused.value.errors[0]["pointer"] == "?map"


@pytest.mark.parametrize(
    ("data", "row", "delimiter"),
    [
        (f"sep=;\r\nphone;first_name\r\n{NUMBER};Ann\r\n", 1, ";"),
        (f'"sep=;"\nphone;first_name\n{NUMBER};Ann\n', 1, ";"),
        (f"sep=\t\nphone\tfirst_name\n{NUMBER}\tAnn\n", 1, "\t"),
        (f"\ufeffSEP=|\nphone|first_name\n{NUMBER}|Ann\n", 1, "|"),
        (f"sep=^\nphone^first_name\n{NUMBER}^Ann\n", 1, "^"),
        (f"My contacts 2026\nphone,first_name\n{NUMBER},Ann\n", 2, ","),
        (f"My contacts 2026,,\n,,\nphone,first_name\n{NUMBER},Ann\n", 3, ","),
        (f"\n\nphone,first_name\n{NUMBER},Ann\n", 3, ","),
        (f"sep=;\nExport\n\nphone;first_name\n{NUMBER};Ann\n", 3, ";"),
        (f'"Pho\nne",first_name\n{NUMBER},Ann\n', 1, ","),
        (f"phone\tfirst_name\n{NUMBER}\tAnn\n", 1, "\t"),
        (f"phone|first_name\n{NUMBER}|Ann\n", 1, "|"),
        (f"phone,first_name\r{NUMBER},Ann\r", 1, ","),
        (f"phone,first_name,,,\n{NUMBER},Ann,,,\n", 1, ","),
    ],
)
def test_what_stands_above_the_header_is_passed_over(data: str, row: int, delimiter: str) -> None:
    rows = CsvRows(io.BytesIO(data.encode()), ContactForm())

    assert (rows.header.row, rows.header.delimiter) == (row, delimiter)
    assert list(rows) == [(row + 1, {"phone": NUMBER, "first_name": "Ann"})]


@pytest.mark.parametrize(
    "data",
    [
        f"{NUMBER},Ann\nphone,first_name\n",  # a row of data is no title
        f"{NUMBER}\nphone\n",
        "number,kind\n2025550123,mobile\n",  # nor is a header of other names, above a cell that says `mobile`
        "name,kind\nAnn,mobile\n",
        "a\nb\nc\nd\ne\nf\nphone\n",
    ],
)
def test_rows_that_are_no_title_are_not_passed_over(data: str) -> None:
    assert refusal_of(data)[0] == "missing_column"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "Excel workbook"),
        (b"PK\x03\x04\x14\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        (b"PK\x03\x04\x14\x00\x00\x00contacts.csv", "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "old Excel workbook"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00phone", "gzip"),
        (b"<!DOCTYPE html><table><tr><td>phone", "web page"),
        (b"\xef\xbb\xbf  <html><body>", "web page"),
        (b'<?xml version="1.0"?><Workbook>', "XML"),
        (b"BEGIN:VCARD\nTEL:+12025550123\n", "vCards"),
        (b'[{"phone": "+12025550123"}]', "JSON"),
        (b'[\n  {"phone": "+12025550123"}]', "JSON"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_way_out(data: bytes, kind: str) -> None:
    code, detail = refusal_of(data)

    assert code == "not_csv" and kind in detail


@pytest.mark.parametrize("header", ["phone,First Name,first_name", "phone,Note,note", "phone,a,b,a"])
def test_a_column_twice_is_refused_by_name(header: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        columns_of(header, form=FORM if "First" in header else ContactForm(optional=("note",)))

    assert refused.value.code == "duplicate_column"
    assert "map" in refused.value.errors[0]["detail"]
