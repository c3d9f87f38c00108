"""`orchestrator contact find | show` and `campaign list | show`, over a real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, fresh_number

Run = Callable[..., Result]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:
        yield lambda group, *words: CliRunner().invoke(app, [group, *options, *words])


def test_a_person_is_found_by_a_part_of_a_name_and_shown(rest: Rest, run: Run) -> None:
    campaign = rest.campaign()["id"]
    [ada] = rest.contacts(campaign, fresh_number(), variables={"first_name": "Ada", "last_name": "Lovelace"})
    rest.contacts(campaign, fresh_number(), variables={"first_name": "Kurt"})

    found, shown = run("contact", "find", "ada love"), run("contact", "show", ada)

    assert found.exit_code == 0, found.output
    assert [line.split()[0] for line in found.output.splitlines()] == [ada]
    assert "Lovelace" in found.output and "variables.last_name: Lovelace" in shown.output


def test_who_may_be_called_waits_until_no_time_that_has_passed(rest: Rest, run: Run) -> None:
    campaign = rest.campaign()["id"]
    [due] = rest.contacts(campaign, fresh_number(), variables={"first_name": "Ada"})
    [later] = rest.contacts(
        campaign, fresh_number(), variables={"first_name": "Bob"}, not_before="2099-03-01T09:00:00Z"
    )

    told = run("contact", "find", "ada").output + run("contact", "show", due).output

    assert "until" not in told, told
    assert " until 2099-03-01T09:00:00.000Z" in run("contact", "show", later).output


def test_more_are_found_than_one_page_has(rest: Rest, run: Run) -> None:
    campaign = rest.campaign()["id"]
    ids = rest.contacts(campaign, *(fresh_number() for _ in range(5)), variables={"first_name": "Ada"})

    some = run("contact", "find", "ada", "--limit", "3", "--json")

    assert [json.loads(line)["id"] for line in some.output.splitlines()] == sorted(ids, reverse=True)[:3]


def test_nobody_found_is_an_exit_of_one_and_too_short_a_word_says_so(run: Run) -> None:
    nobody, short = run("contact", "find", "nobody"), run("contact", "find", "no")

    assert (nobody.exit_code, nobody.stdout, nobody.stderr) == (1, "", "no contacts\n")
    assert short.exit_code == 1 and "at least 3 characters" in short.stderr


def test_campaigns_are_listed_by_tag_with_how_far_they_are(rest: Rest, run: Run) -> None:
    spring = rest.campaign(name="reminders", tags=["spring"])["id"]
    rest.campaign(name="other")
    rest.contacts(spring, fresh_number())

    listed = run("campaign", "list", "--tag", "Spring")

    assert listed.output == f"{spring} reminders [spring] is draft: 0 of 1 contacts done, 0 dialed\n"
    [told] = [json.loads(line) for line in run("campaign", "list", "--tag", "spring", "--json").output.splitlines()]
    assert (told["id"], told["stats"]) == (spring, None)
    counted = json.loads(run("campaign", "list", "--tag", "spring", "--json", "--stats").output)
    assert counted["stats"]["contacts"]["total"] == 1


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (2, 1), (51, 2)])
def test_so_many_campaigns_are_listed_as_are_asked_for(rest: Rest, run: Run, limit: int, pages: int) -> None:
    flow = rest.flow()["id"]
    ids = [rest.campaign(flow=flow)["id"] for _ in range(52 if pages > 1 else 3)]

    listed = run("campaign", "list", "--limit", str(limit), "--json")

    assert [json.loads(line)["id"] for line in listed.output.splitlines()] == sorted(ids, reverse=True)[:limit]


def test_a_campaign_is_shown_with_what_was_said_of_it(rest: Rest, run: Run) -> None:
    campaign = rest.campaign(name="reminders", variables={"offer": 7}, description="For the shops.")["id"]

    shown = run("campaign", "show", campaign)

    assert shown.output.startswith(f"{campaign} reminders is draft\n")
    assert '  variables: {"offer": 7}\n' in shown.output and "  description: For the shops.\n" in shown.output
    assert json.loads(run("campaign", "show", campaign, "--json").output)["id"] == campaign
