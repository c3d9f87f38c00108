"""`orchestrator suppress` over a real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

Command = Callable[..., Result]
PHONE, OTHER = "+12025550171", "+12025550172"


@pytest.fixture
def run(rest: Rest) -> Iterator[Command]:
    with options_for(rest) as options:
        yield lambda *words: CliRunner().invoke(app, ["suppress", *options, *words])


def test_a_number_is_suppressed_shown_and_lifted(run: Command) -> None:
    free = run("check", PHONE)
    added = run("add", PHONE, "--reason", "asked by letter", "--expires", "2099-01-01T00:00Z", "--by", "Ada")
    shown, listed = run("check", PHONE), run("list", "--json")
    lifted, again = run("lift", PHONE, "--because", "changed her mind"), run("check", PHONE)

    assert (free.exit_code, free.output) == (1, f"{PHONE} is not suppressed\n")
    assert added.exit_code == 0 and "added" in added.output
    assert shown.exit_code == 0
    assert shown.output.startswith(f"{PHONE} everywhere until 2099-01-01") and "asked by letter" in shown.output
    assert [json.loads(line)["phone"] for line in listed.output.splitlines()] == [PHONE]
    assert (lifted.exit_code, again.exit_code) == (0, 1)


def test_a_number_without_a_country_code_is_one_of_the_region(run: Command) -> None:
    added = run("add", "(202) 555-0171", "--region", "US")
    lifted = run("lift", "(202) 555-0171", "--region", "US")
    none, wrong = run("add", "(202) 555-0171"), run("add", "12", "--region", "US")

    assert added.output.startswith(f"{PHONE} everywhere"), added.output
    assert lifted.exit_code == 0, lifted.output
    assert none.exit_code == wrong.exit_code == 1
    assert none.output.startswith("✗ NUMBER: ") and wrong.output.startswith("✗ NUMBER: "), none.output


def test_a_refusal_names_the_options_of_the_command(run: Command) -> None:
    refused = [
        run("add", PHONE, "--reason", ""),
        run("add", PHONE, "--expires", "2020-01-01T00:00Z"),
        run("check", "12", "--region", "XX"),
    ]

    said = [each.output.partition(": ")[0] for each in refused]
    assert said == ["✗ --reason", "✗ --expires", "✗ --region"], refused


def test_a_number_is_suppressed_in_a_campaign_by_its_name(run: Command, rest: Rest) -> None:
    campaign_id = rest.campaign(name="spring reminders")["id"]

    added = run("add", PHONE, "--campaign", "spring reminders", "--json")
    everywhere, within = run("list"), run("list", "--campaign", "spring reminders")

    assert json.loads(added.output)["scope"] == campaign_id
    assert everywhere.output == within.output and f"{PHONE} in {campaign_id}" in within.output
    assert run("lift", PHONE).exit_code == 1
    assert run("lift", PHONE, "--campaign", "spring reminders").exit_code == 0


def test_a_file_is_suppressed_and_says_which_rows_were_not(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(f"phone\n{PHONE}\n{OTHER}\nnobody\n")
    none = tmp_path / "none.csv"
    none.write_text("phone\nnobody\n")

    done, again, failed = run("import", str(file)), run("import", str(file), "--json"), run("import", str(none))

    assert done.exit_code == 0
    assert done.output.splitlines()[0] == "3 rows: 2 added, 0 lengthened, 0 suppressed before, 1 invalid"
    assert "row 4" in done.output
    assert json.loads(again.output)["kept"] == 2
    assert failed.exit_code == 1
