"""Files as strangers send them, over REST: their people are taken in, or the refusal says what to do."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

PLAIN = """
name: plain
start: bye
steps: {bye: {hangup: {}}}
"""


@pytest.fixture
def campaign(rest: Rest) -> str:
    stored = rest.request("POST", "/v1/flows", data=PLAIN, content_type="application/yaml").json
    return str(rest.campaign(flow=stored["id"])["id"])


def phones(rest: Rest, campaign: str) -> dict[str, dict[str, object]]:
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    return {contact["phone"]: contact["variables"] for contact in found}


@pytest.mark.parametrize("header", ["Mobile", "Phone 1 - Value", "Phone Number"])
def test_a_list_under_another_name_of_the_phone_is_taken(rest: Rest, campaign: str, header: str) -> None:
    done = rest.upload(campaign, f"{header},name\n+12025550123,Ann\n").json

    assert phones(rest, campaign) == {"+12025550123": {"name": "Ann"}}
    assert done["read_as"] == {
        "encoding": "utf-8",
        "delimiter": ",",
        "sheet": None,
        "sheets": [],
        "header_row": 1,
        "columns": [{"header": header, "fills": "phone"}, {"header": "name", "fills": "name"}],
    }


def test_a_list_of_an_operator_is_taken(rest: Rest, campaign: str) -> None:
    assert rest.upload(campaign, "MSISDN\n+27115550101\n+27115550102\n").json["accepted"] == 2


def test_a_file_of_excel_in_windows_1252_is_read_right(rest: Rest, campaign: str) -> None:
    file = b"phone,first_name\r\n+12025550123,Ann\r\n+12025550124,10 \x96 20 Caf\xe9\r\n+12025550125,Bob\r\n"

    done = rest.upload(campaign, file).json

    assert (done["accepted"], done["read_as"]["encoding"]) == (3, "windows-1252")
    assert phones(rest, campaign)["+12025550124"] == {"first_name": "10 – 20 Café"}


def test_unicode_text_of_excel_is_read_right(rest: Rest, campaign: str) -> None:
    done = rest.upload(campaign, "phone\tfirst_name\r\n+12025550123\tZoë\r\n".encode("utf-16")).json

    assert (done["read_as"]["encoding"], done["read_as"]["delimiter"]) == ("utf-16-le", "\t")
    assert phones(rest, campaign) == {"+12025550123": {"first_name": "Zoë"}}


def test_a_list_of_leads_in_utf_16_is_taken(rest: Rest, campaign: str) -> None:
    rows = "id\tcreated_time\tfull_name\tphone_number\r\nl:1\t2026-11-01T10:00:00-05:00\tAnn\tp:+12025550123\r\n"

    done = rest.upload(campaign, rows.encode("utf-16")).json

    assert done["accepted"] == 1, done
    assert phones(rest, campaign)["+12025550123"]["full_name"] == "Ann"


def test_invisible_characters_in_headers_and_ids_are_no_part_of_them(rest: Rest, campaign: str) -> None:
    file = (
        "phone\u00a0,\u00a0external_id,Time Zone\n"
        "+12025550123,A1\u200b,America/Chicago\u00a0\n+12025550124,\u00a0A2,America/Chicago\u200b\n"
    )

    done = rest.upload(campaign, file).json

    assert done["accepted"] == 2, done
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert {(c["external_id"], c["timezone"]) for c in found} == {("A1", "America/Chicago"), ("A2", "America/Chicago")}


@pytest.mark.parametrize(
    "file",
    [
        "phone,first_name,,,\r\n+12025550123,Ann,,,\r\n+12025550124,Bob\r\n,,,,\r\n,,,,\r\n\r\n+12025550125,Cy,,,,,\r\n",
        "phone,first_name\r\n+12025550123,Ann\r\n \r\n  , \r\n+12025550124,Bob\r\n+12025550125,Cy\r\n",
    ],
)
def test_blank_rows_and_columns_are_no_errors(rest: Rest, campaign: str, file: str) -> None:
    done = rest.upload(campaign, file).json

    assert (done["rows"], done["accepted"], done["problems"]) == (3, 3, [])


@pytest.mark.parametrize(
    "file",
    ["sep=;\r\nphone;first_name\r\n+12025550123;Ann\r\n", "My contacts 2026\nphone,first_name\n+12025550123,Ann\n"],
)
def test_a_line_above_the_header_is_passed_over(rest: Rest, campaign: str, file: str) -> None:
    rest.upload(campaign, file)

    assert phones(rest, campaign) == {"+12025550123": {"first_name": "Ann"}}


def test_a_mapping_says_which_column_is_the_phone_and_which_an_input(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    file = "Kundennummer,Vorname,Handy,Festnetz\n7,Ann,+12025550123,+12025550124\n"

    refused = rest.upload(campaign, file)
    done = rest.upload(campaign, file, "?map=phone:Handy,first_name:Vorname,external_id:Kundennummer").json

    assert refused.json["code"] == "duplicate_column" and "'Handy', 'Festnetz'" in refused.json["errors"][0]["detail"]
    assert done["accepted"] == 1, done
    assert phones(rest, campaign) == {"+12025550123": {"first_name": "Ann", "Festnetz": "+12025550124"}}


def test_a_mapping_or_an_encoding_that_is_wrong_is_refused_where_it_stands(rest: Rest, campaign: str) -> None:
    file = "phone\n+12025550123\n"

    assert pointers(rest.upload(campaign, file, "?map=phone:Nummer")) == {"?map": "map"}
    assert pointers(rest.upload(campaign, file, "?encoding=ebcdic")) == {"?encoding": "unknown_encoding"}


def test_a_named_encoding_is_believed(rest: Rest, campaign: str) -> None:
    file = "phone,name\n+12025550123,Dvořák\n".encode("cp1250")

    unsure = rest.upload(campaign, file).json
    named = rest.upload(campaign, file, "?encoding=windows-1250").json

    assert (unsure["accepted"], unsure["read_as"]["encoding"], unsure["problems"][0]["code"]) == (
        0,
        "unknown",
        "not_utf8",
    )
    assert named["accepted"] == 1
    assert phones(rest, campaign) == {"+12025550123": {"name": "Dvořák"}}


def test_equal_errors_are_one_problem_with_an_exact_count(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rows = [*["oops,Ann"] * 1_200, *[f"{fresh_number()}," for _ in range(3)], f"{fresh_number()},Ann"] * 2

    done = rest.upload(campaign, "phone,first_name\n" + "\n".join(rows) + "\n").json

    kinds = [
        (kind["status"], kind["code"], kind["field"], kind["count"], kind["rows"][:3]) for kind in done["problems"]
    ]
    assert kinds[0] == ("invalid", "not_a_number", "phone", 2_400, [2, 3, 4])
    assert kinds[1] == ("invalid", "missing_input", "variables/first_name", 6, [1202, 1203, 1204])
    assert kinds[2] == ("duplicate", "duplicate", None, 1, [2409])
    assert "'oops'" in done["problems"][0]["detail"]
    assert rest.get(f"/v1/imports/{done['id']}").json == done
    assert len(done["errors"]) == 100
    assert rest.get(f"/v1/imports/{done['id']}/rejects.csv").text.count("\n") == 2_408


def test_an_import_of_the_version_before_still_shows(rest: Rest, services: Services, campaign: str) -> None:
    done = rest.upload(campaign, "phone\n+12025550123\noops\n").json
    with services.sql.begin() as tx:
        old = '{"region": "US", "dedupe": null, "columns": ["phone"]}'
        tx.execute(text("UPDATE imports SET params = CAST(:old AS jsonb)"), {"old": old})

    shown = rest.get(f"/v1/imports/{done['id']}").json
    rejects = list(csv.reader(io.StringIO(rest.get(f"/v1/imports/{done['id']}/rejects.csv").text)))

    assert (shown["read_as"], shown["problems"], len(shown["errors"])) == (None, [], 1)
    assert rejects[1][0] == "3" and rejects[1][-1] == "oops"


def test_a_file_of_suppressions_is_read_as_one_of_contacts(rest: Rest) -> None:
    numbers = [fresh_number() for _ in range(2)]
    file = f"sep=;\r\nMobile;Grund\r\n{numbers[0]};Café\r\n;\r\noops;x\r\noops;y\r\n{numbers[1]};z\r\n".encode("cp1252")

    done = rest.request("POST", "/v1/suppressions?map=reason:Grund", data=file, content_type="text/csv").json

    assert (done["rows"], done["accepted"], done["invalid"]) == (4, 2, 2)
    assert [(kind["code"], kind["count"], kind["rows"]) for kind in done["problems"]] == [("not_a_number", 2, [4, 5])]
    listed = rest.get(f"/v1/suppressions?phone={numbers[0].replace('+', '%2B')}").json["data"]
    assert listed[0]["reason"] == "Café"
