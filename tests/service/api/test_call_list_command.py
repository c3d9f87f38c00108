"""`orchestrator call list` over a real API: every filter of REST, by names for ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from api.resources.calls import CallFilters
from orchestrator.cli.app import app
from orchestrator.cli.call_list import list_
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.recorded import recorded
from tests.support.rest import Rest

Run = Callable[..., Result]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:
        yield lambda *words: CliRunner().invoke(app, ["call", *options, "list", *words])


@pytest.fixture
def ended(rest: Rest, services: Services) -> list[dict[str, Any]]:
    """Return two ended calls of two campaigns, the newest first; the older one was busy, at noon."""
    older, newer = (recorded(rest, services)["call"] for _ in range(2))
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE calls SET disposition = 'busy', ended_at = '2031-03-03T12:00Z' WHERE id = :id"), {"id": older}
        )
        tx.execute(
            text(
                "UPDATE calls SET disposition = 'human', outcome = 'heard', ended_at = '2031-03-03T13:00Z',"
                " answered_at = '2031-03-03T12:58Z' WHERE id = :id"
            ),
            {"id": newer},
        )
        tx.execute(
            text("UPDATE campaigns c SET name = 'old one' FROM calls k WHERE k.campaign_id = c.id AND k.id = :id"),
            {"id": older},
        )
    return list((rest.get("/v1/calls").json or {})["data"])


def test_calls_are_listed_newest_first_in_words_and_as_json(run: Run, ended: list[dict[str, Any]]) -> None:
    newer, older = run().stdout.splitlines()

    assert newer.startswith(f"{ended[0]['id']}  {ended[0]['reserved_at']}  {ended[0]['from']} → {ended[0]['to']}  ")
    assert newer.endswith("ended (human, heard), talked 2 min")
    assert older.endswith("ended (busy)")
    assert [json.loads(line) for line in run("--json").stdout.splitlines()] == ended
    assert len(run("--limit", "1").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--campaign", "old one"),
        ("--contact", "{contact_id}"),
        ("--to", "{to}"),
        ("--disposition", "busy", "--direction", "outbound", "--status", "ended"),
        ("--ended-before", "2031-03-03T07:30-05:00"),
    ],
)
def test_each_filter_finds_what_it_says(run: Run, ended: list[dict[str, Any]], words: tuple[str, ...]) -> None:
    found = run(*(word.format_map(ended[1]) for word in words), "--json")

    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == [ended[1]["id"]]


def test_the_newer_one_is_found_by_its_outcome_and_its_end(run: Run, ended: list[dict[str, Any]]) -> None:
    found = run("--outcome", "heard", "--ended-after", "2031-03-03T12:30Z", "--json")

    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == [ended[0]["id"]]


def test_every_filter_of_rest_is_an_option() -> None:
    named = {name.removesuffix("_id") for name in CallFilters.model_fields}

    assert named - {name.removesuffix("_id") for name in list_.__annotations__} == set()


def test_nothing_found_and_nothing_understood_are_told_apart(run: Run, ended: list[dict[str, Any]]) -> None:
    none, unknown, no_time = run("--external-id", "x"), run("--status", "over"), run("--ended-after", "yesterday")

    assert (none.exit_code, none.stdout, none.stderr) == (0, "", "no calls\n")
    assert (unknown.exit_code, no_time.exit_code) == (2, 1)
    assert "reserved" in unknown.stderr and "--ended-after" in str(no_time.stderr or no_time.exception)


def test_the_shell_completes_the_values_of_a_filter() -> None:
    asked = {
        "_ORCHESTRATOR_COMPLETE": "complete_bash",
        "COMP_WORDS": "orchestrator call list --status res",
        "COMP_CWORD": "4",
    }

    completed = CliRunner().invoke(app, [], prog_name="orchestrator", env=asked)

    assert completed.stdout.split() == ["reserved"]
