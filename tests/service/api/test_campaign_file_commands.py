"""`orchestrator campaign import` over a real API: previews, counts by kind, and who is in the campaign afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

Run = Callable[..., str]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(command: str, *words: str, exits: int = 0) -> str:
            done = CliRunner().invoke(app, ["campaign", *options, command, *words])
            assert done.exit_code == exits, done.output
            return done.output

        yield run


@pytest.fixture
def campaign(rest: Rest) -> str:
    return str(rest.campaign()["id"])


def test_a_preview_proposes_the_map_that_the_import_then_takes(
    run: Run, rest: Rest, campaign: str, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Kunde,Nummer privat,Vorname\n1,202 555 0123,Ann\n2,12,Bob\n3,202 555 0125,Cy\n")

    shown = run("import", campaign, str(file), "--region", "US", "--preview").splitlines()
    run(
        "import",
        campaign,
        str(file),
        "--region",
        "US",
        "--preview",
        "--map",
        "phone:Nummer,first_name:Vorname",
        exits=1,
    )
    done = run("import", campaign, str(file), "--region", "US", "--map", "phone:Nummer privat,first_name:Vorname")

    assert "proposed: --map 'phone:Nummer privat,first_name:Vorname'" in shown
    assert "row 2: phone +12025550123, Kunde 1, first_name Ann, America/New_York (by the number)" in shown
    assert "3 rows: 2 would be accepted, 0 duplicates, 1 invalid" in shown and shown[-1].startswith("  row 3: ")
    assert rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"] != [] and "2 accepted" in done


def test_a_preview_says_that_the_country_of_the_numbers_is_missing(run: Run, campaign: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Kunde,Nummer privat,Vorname\n1,202 555 0123,Ann\n3,202 555 0125,Cy\n")

    shown = run("import", campaign, str(file), "--preview", exits=1).splitlines()

    assert "proposed: --map 'phone:Nummer privat,first_name:Vorname'" in shown
    assert "say the country of numbers without a country code, too: --region US, for one" in shown


def test_a_file_of_nobody_fails_with_one_line_for_each_kind_of_problem(run: Run, campaign: str, tmp_path: Path) -> None:
    file = tmp_path / "nobody.csv"
    file.write_text("phone\n" + "+12025550123\n" * 100)

    lines = run("import", campaign, str(file), exits=1).splitlines()

    kind = "  100 rows (2, 3, 4, 5, 6, …), such as: variables/first_name: the flow needs 'first_name'"
    assert lines[1:] == [kind, "nobody was imported"]
    assert "0 would be accepted" in run("import", campaign, str(file), "--preview", exits=1)


def test_results_are_written_in_the_format_of_the_file_with_the_columns_and_zone_asked_for(
    run: Run, rest: Rest, campaign: str, tmp_path: Path
) -> None:
    rest.contacts(campaign, "+12025550123", not_before="2036-03-01T09:00:00-05:00")
    asked = ("--columns", "phone,until", "--tz", "America/Chicago")

    told = run("results", campaign, "-o", str(tmp_path / "r.csv"), *asked)
    run("results", campaign, "-o", str(tmp_path / "r.jsonl"), *asked)
    run("results", campaign, "-o", str(tmp_path / "r.xlsx"))
    wrong = run("results", campaign, "-o", str(tmp_path / "none.csv"), "--columns", "phon", exits=1)

    assert "r.csv" in told
    assert (tmp_path / "r.csv").read_text() == "phone,until\n+12025550123,2036-03-01T08:00:00.000-06:00\n"
    assert (tmp_path / "r.jsonl").read_text() == '{"phone":"+12025550123","until":"2036-03-01T08:00:00.000-06:00"}\n'
    assert (tmp_path / "r.xlsx").read_bytes().startswith(b"PK")
    assert "there is no column 'phon'" in wrong and not (tmp_path / "none.csv").exists()
