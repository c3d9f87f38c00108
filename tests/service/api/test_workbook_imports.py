"""Excel workbooks over REST and on the command line: their people are taken in as they stand there, or nobody is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.full_disk import nothing_more_written
from tests.support.rest import Rest, pointers
from tests.support.workbooks import DATE, TEXT, number, rows, text, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = [text("Phone Number"), text("first_name"), text("due")]


@pytest.fixture
def campaign(rest: Rest) -> str:
    return str(rest.campaign()["id"])


def send(rest: Rest, campaign: str, file: bytes, query: str = "", media: str = XLSX) -> tuple[int, dict[str, object]]:
    answer = rest.request("POST", f"/v1/campaigns/{campaign}/imports{query}", data=file, content_type=media)
    return answer.status_code, dict(answer.json or {})


def people(rest: Rest, campaign: str) -> dict[str, dict[str, object]]:
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    return {contact["phone"]: contact["variables"] for contact in found}


@pytest.mark.parametrize("media", [XLSX, "text/csv"])
def test_phones_as_numbers_and_dates_are_taken_as_they_are_seen(rest: Rest, campaign: str, media: str) -> None:
    ann = [number("12025550123"), text("Ann"), number(46083, DATE)]
    bob = [number("+12025550124", TEXT), text("'Bob"), text("=1+1")]
    rounded = [number("4.93023125040123E+17"), text("Cy")]

    status, done = send(rest, campaign, workbook(rows(HEADER, ann, [], bob, rounded)), "?region=US", media)

    assert (status, done["accepted"], done["invalid"]) == (201, 2, 1), done
    assert people(rest, campaign) == {
        "+12025550123": {"first_name": "Ann", "due": "2026-03-02"},
        "+12025550124": {"first_name": "'Bob", "due": "=1+1"},
    }
    assert done["problems"][0]["rows"] == [5]  # type: ignore[index]
    read_as = {name: done["read_as"][name] for name in ("encoding", "delimiter", "sheet", "sheets", "header_row")}  # type: ignore[index]
    assert read_as == {"encoding": "xlsx", "delimiter": None, "sheet": "Sheet1", "sheets": ["Sheet1"], "header_row": 1}


def test_nobody_is_called_by_what_a_formula_left_that_failed(rest: Rest, campaign: str) -> None:
    found_nothing = '<c t="e"><v>#N/A</v></c>'
    header = [text("phone"), text("external_id"), text("first_name"), text("note")]
    bad_name = [number(12025550123), text("1"), found_nothing, text("x")]
    bad_ids = [[number(f"1202555013{n}"), found_nothing, text("Ann"), text("x")] for n in range(3)]
    good = [number(12025550125), text("2"), text("Ann"), found_nothing]

    _, done = send(rest, campaign, workbook(rows(header, bad_name, *bad_ids, good)), "?region=US")
    csv_too = rest.upload(campaign, "phone;first_name\n+12025550126;#NV\n+12025550127;#¡REF!\n+12025550128;#1\n").json

    assert (done["accepted"], done["duplicates"], done["invalid"]) == (1, 0, 4)
    assert [(each["code"], each["field"], each["count"]) for each in done["problems"]] == [  # type: ignore[attr-defined]
        ("failed_formula", "external_id", 3),
        ("failed_formula", "variables/first_name", 1),
    ]
    assert (csv_too["accepted"], csv_too["problems"][0]["code"]) == (1, "failed_formula")
    assert people(rest, campaign)["+12025550125"] == {"first_name": "Ann", "note": "#N/A"}


@pytest.mark.parametrize("path", ["imports", "imports/preview"])
def test_a_workbook_that_a_full_disk_does_not_take_is_put_off(rest: Rest, campaign: str, path: str) -> None:
    file = workbook(rows(HEADER, *([number(12025550123), text("Ann")] for _ in range(2_000))))

    with nothing_more_written():
        put_off = rest.request("POST", f"/v1/campaigns/{campaign}/{path}", data=file, content_type=XLSX)

    assert (put_off.status_code, put_off.json["code"], put_off.headers["Retry-After"]) == (503, "no_room", "30")
    assert people(rest, campaign) == {}


def test_a_sheet_is_named_and_a_wrong_header_names_the_others(rest: Rest, campaign: str) -> None:
    notes = rows([text("Notes"), text("by")], [text("call"), text("me")])
    file = workbook({"Info": notes, "People": rows(HEADER, [number(12025550123), text("Ann")])})

    refused = send(rest, campaign, file)
    unknown = rest.request("POST", f"/v1/campaigns/{campaign}/imports?sheet=Pple", data=file, content_type=XLSX)
    csv = rest.upload(campaign, "phone,first_name\n+12025550123,Ann\n", "?sheet=People")
    done = send(rest, campaign, file, "?sheet=people&region=US")

    assert refused[0] == 422 and "the sheet 'Info', choose another with `sheet`: 'People'" in str(refused[1])
    assert pointers(unknown) == {"?sheet": "unknown_sheet"} and pointers(csv) == {"?sheet": "no_workbook"}
    assert (done[0], done[1]["accepted"]) == (201, 1)


def test_of_a_workbook_that_is_cut_off_or_a_bomb_nobody_is_imported(rest: Rest, campaign: str) -> None:
    whole = workbook(rows(HEADER, *([number(12025550100 + n), text("Ann")] for n in range(2_000))))
    bomb = workbook(rows(HEADER, [number(12025550123), text("Ann")]) + " " * 40_000_000)

    answers = [send(rest, campaign, file, "?region=US") for file in (whole[:-30], whole[: len(whole) // 2], bomb)]

    assert [(status, told["code"]) for status, told in answers] == [
        (422, "bad_workbook"),
        (422, "bad_workbook"),
        (422, "workbook_too_large"),
    ]
    assert people(rest, campaign) == {}


def test_a_workbook_is_previewed_with_a_proposal_and_no_more_than_its_beginning(rest: Rest, campaign: str) -> None:
    header = [text("Kunde"), text("Nummer"), text("Vorname")]
    lines = ([number(n), number(12025550000 + n), text("Ann")] for n in range(100, 6_000))
    address = f"/v1/campaigns/{campaign}/imports/preview?region=US"

    told = rest.request("POST", address, data=workbook(rows(header, *lines)), content_type=XLSX).json
    small = rest.request(
        "POST", address, data=workbook(rows(HEADER, [number(12025550123), text("A")])), content_type=XLSX
    )

    assert (told["encoding"], told["sheet"], told["map"]) == ("xlsx", "Sheet1", "phone:Nummer,first_name:Vorname")
    assert (told["is_whole"], told["rows"], told["first_rows"][0]["row"]) == (False, 5_000, 2)
    assert told["first_rows"][0]["contact"]["variables"] == {"Kunde": "100", "first_name": "Ann"}
    assert (small.json["is_whole"], small.json["accepted"], small.json["map"]) == (True, 1, None)


def test_results_as_a_workbook_are_a_file_of_contacts_too(rest: Rest, campaign: str) -> None:
    given = {"first_name": "=Zoë", "pin": "0042", "status": "'VIP", "n": 7}
    rest.contacts(campaign, "+12025550123", external_id="007", variables=given)
    second = rest.campaign()["id"]

    done = send(rest, second, rest.get(f"/v1/campaigns/{campaign}/results?format=xlsx").data)

    (contact,) = rest.get(f"/v1/contacts?campaign_id={second}").json["data"]
    assert done[1]["accepted"] == 1, done
    assert (contact["external_id"], contact["variables"]) == ("007", {**given, "n": "7"})


def test_a_workbook_is_imported_by_the_command_line(rest: Rest, campaign: str, tmp_path: Path) -> None:
    file = tmp_path / "people.XLSX"
    file.write_bytes(workbook({"Info": rows([text("x")]), "People": rows(HEADER, [number(12025550123), text("Ann")])}))

    with options_for(rest) as options:
        words = [campaign, str(file), "--region", "US", "--sheet", "People"]
        shown = CliRunner().invoke(app, ["campaign", *options, "import", *words, "--preview"])
        done = CliRunner().invoke(app, ["campaign", *options, "import", *words])

    assert (shown.exit_code, done.exit_code) == (0, 0), shown.output + done.output
    assert "read as xlsx, sheet People, header in row 1" in shown.output and "1 accepted" in done.output
