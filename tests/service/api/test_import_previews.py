"""What would become of a file, before anybody of it is imported: columns, first contacts, problems by kind."""

from __future__ import annotations

import pytest

from tests.support.rest import Rest, pointers


@pytest.fixture
def campaign(rest: Rest) -> str:
    return str(rest.campaign()["id"])


def preview(rest: Rest, campaign: str, file: str | bytes, query: str = "") -> dict[str, object]:
    path = f"/v1/campaigns/{campaign}/imports/preview{query}"
    answered = rest.request("POST", path, data=file, content_type="text/csv")
    assert answered.status_code == 200, answered.text
    return dict(answered.json or {})


def test_a_preview_shows_the_first_contacts_as_they_would_be_stored_and_stores_nobody(
    rest: Rest, campaign: str
) -> None:
    rows = "".join(f"(202) 555-01{n};Ann {n};A{n}\r\n" for n in range(10, 18))
    file = f"sep=;\r\nPhone Number;First Name;external_id\r\n{rows}".encode("utf-16")

    told = preview(rest, campaign, file, "?region=US")

    assert (told["encoding"], told["delimiter"], told["header_row"]) == ("utf-16-le", ";", 1)
    assert told["columns"] == [
        {"header": "Phone Number", "fills": "phone"},
        {"header": "First Name", "fills": "first_name"},
        {"header": "external_id", "fills": "external_id"},
    ]
    assert (told["rows"], told["accepted"], told["duplicates"], told["invalid"]) == (8, 8, 0, 0)
    assert (told["is_whole"], told["map"], told["header_problem"], told["problems"]) == (True, None, None, [])
    first = told["first_rows"]
    assert [row["row"] for row in first] == [2, 3, 4, 5, 6]  # type: ignore[attr-defined]
    assert first[0]["contact"] | {"timezone": None} == {  # type: ignore[index]
        "phone": "+12025550110",
        "external_id": "A10",
        "timezone": None,
        "timezone_source": None,
        "region": None,
        "not_before": None,
        "not_after": None,
        "priority": 0,
        "variables": {"first_name": "Ann 10"},
    }
    assert rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"] == []


def test_the_first_rows_say_which_zones_bind_and_who_says_them(rest: Rest, campaign: str) -> None:
    file = "phone,first_name,timezone,region\n+12125550123,Ann,,us-hi\n+12065550123,Bob,America/New_York,\n12,Cid,,\n"

    told = preview(rest, campaign, file)

    assert [[(zone["name"], zone["from"]) for zone in row["zones"]] for row in told["first_rows"]] == [  # type: ignore[attr-defined]
        [("America/New_York", "number"), ("Pacific/Honolulu", "region")],
        [("America/Los_Angeles", "number"), ("America/New_York", "contact")],
        [],
    ]


def test_problems_are_counted_by_kind_with_an_example(rest: Rest, campaign: str) -> None:
    bad = "".join(f"12,N{n}\n" for n in range(50))

    told = preview(rest, campaign, f"phone,first_name\n+12025550123,Ann\n{bad}+12025550123,Bob\n+12025550124,\n")

    kinds = [(kind["status"], kind["field"], kind["count"], kind["example"]) for kind in told["problems"]]  # type: ignore[attr-defined]
    assert kinds == [
        ("invalid", "phone", 50, {"phone": "12", "first_name": "N0"}),
        ("invalid", "variables/first_name", 1, {"phone": "+12025550124", "first_name": ""}),
        ("duplicate", None, 1, {"phone": "+12025550123", "first_name": "Bob"}),
    ]
    assert (told["rows"], told["accepted"], told["duplicates"], told["invalid"]) == (53, 1, 1, 51)
    assert [row["problem"] and row["problem"]["field"] for row in told["first_rows"]] == [None, *["phone"] * 4]  # type: ignore[attr-defined]


def test_a_header_that_names_no_phone_gets_a_proposal_that_the_import_takes(rest: Rest, campaign: str) -> None:
    file = 'Kunde,"Nummer, privat",Vorname\n7001,+1 202 555 0123,Ann\n7002,+1 202 555 0124,Bob\n'

    refused = rest.upload(campaign, file)
    told = preview(rest, campaign, file)
    done = rest.upload(campaign, file, "?map=" + str(told["map"]).replace(" ", "%20")).json

    assert refused.status_code == 422
    assert told["header_problem"]["code"] == "missing_column"  # type: ignore[index]
    assert told["map"] == '"phone:Nummer, privat",first_name:Vorname'
    assert told["accepted"] == 2 and told["first_rows"][0]["contact"]["variables"] == {
        "first_name": "Ann",
        "Kunde": "7001",
    }  # type: ignore[index]
    assert done["accepted"] == 2, done


def test_of_two_phones_the_one_with_more_numbers_is_proposed(rest: Rest, campaign: str) -> None:
    file = "first_name,Festnetz,Handy\nAnn,,+12025550123\nBob,+12025550124,+12025550125\nCy,12,+12025550126\n"

    told = preview(rest, campaign, file)

    assert told["header_problem"]["code"] == "duplicate_column" and told["map"] == "phone:Handy"  # type: ignore[index]
    assert told["first_rows"][1]["contact"]["phone"] == "+12025550125"  # type: ignore[index]


def test_numbers_without_a_country_code_are_proposed_and_what_is_missing_is_said(rest: Rest, campaign: str) -> None:
    file = "Kunde,Seit,Privat,Vorname\n7001,2024-03-01,(202) 555-0123,Ann\n7002,2024-03-02,202 555 0124,Bob\n"

    told = preview(rest, campaign, file)
    done = rest.upload(campaign, file, f"?region=US&map={told['map']}").json

    assert told["map"] == "phone:Privat,first_name:Vorname"
    assert told["accepted"] == 0 and [kind["code"] for kind in told["problems"]] == ["no_region"]  # type: ignore[union-attr]
    assert done["accepted"] == 2, done


def test_a_file_without_any_column_of_numbers_is_told_without_a_proposal(rest: Rest, campaign: str) -> None:
    told = preview(rest, campaign, "Name,Ort\nAnn,Wien\n")

    assert told["header_problem"]["code"] == "missing_column" and told["map"] is None  # type: ignore[index]
    assert (told["rows"], told["first_rows"], told["accepted"]) == (0, [], 0)
    assert told["columns"] == [{"header": "Name", "fills": None}, {"header": "Ort", "fills": None}]


def test_an_input_that_no_column_fills_is_proposed_from_the_name_of_another(rest: Rest, campaign: str) -> None:
    told = preview(rest, campaign, "phone,Vorname\n+12025550123,Ann\n")

    assert (told["map"], told["header_problem"], told["accepted"]) == ("first_name:Vorname", None, 1)


def test_a_map_that_names_no_column_is_refused_by_name(rest: Rest, campaign: str) -> None:
    path = f"/v1/campaigns/{campaign}/imports/preview?map=phone:Handynummer"

    refused = rest.request("POST", path, data="Handy,first_name\n+12025550123,Ann\n", content_type="text/csv")

    assert pointers(refused) == {"?map": "map"} and "'phone'" in refused.text and "'Handy'" in refused.text


def test_of_a_large_file_a_part_is_read_and_no_row_is_cut(rest: Rest, campaign: str) -> None:
    rows = "".join(f'+1202555{n % 9000 + 1000},"Ann\n{"x" * 900}",{n}\n' for n in range(6_000))

    told = preview(rest, campaign, f"phone,first_name,external_id\n{rows}")

    assert told["is_whole"] is False and 1_000 < told["rows"] < 6_000  # type: ignore[operator]
    assert told["invalid"] == 0 and told["problems"] == []
    assert told["bytes_read"] < 3 * 1024**2  # type: ignore[operator]


def test_many_short_rows_are_read_up_to_a_number_of_them(rest: Rest, campaign: str) -> None:
    rows = "".join(f"+1202555{1000 + n},A\n" for n in range(6_000))

    told = preview(rest, campaign, f"phone,first_name\n{rows}")

    assert (told["is_whole"], told["rows"], told["accepted"]) == (False, 5_000, 5_000)


def test_what_is_no_table_is_refused_as_by_an_import(rest: Rest, campaign: str) -> None:
    path = f"/v1/campaigns/{campaign}/imports/preview"

    pdf = rest.request("POST", path, data=b"%PDF-1.7 ...", content_type="text/csv")
    empty = rest.request("POST", path, data=b"", content_type="text/csv")

    assert (pdf.status_code, pdf.json["code"]) == (422, "not_csv")
    assert (empty.status_code, empty.json["code"]) == (422, "empty_file")
