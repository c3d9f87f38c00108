"""`orchestrator campaign` over a real API: campaigns by name or id, results as JSON, `edit`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console
from typer.testing import CliRunner, Result

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.app import app
from orchestrator.cli.campaign_watch import watch_campaign
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest, fresh_number

Command = Callable[..., Result]


@pytest.fixture
def run(rest: Rest) -> Iterator[Command]:
    with options_for(rest) as options:
        yield lambda group, *words: CliRunner().invoke(app, [group, *options, *words])


@pytest.fixture
def spring(rest: Rest) -> str:
    return str(rest.campaign(name="spring reminders")["id"])


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_campaign_is_found_by_its_exact_name(run: Command, rest: Rest, spring: str) -> None:
    rest.campaign(name="spring reminders 2")

    assert said(run("campaign", "show", "spring reminders", "--json"))["id"] == spring
    assert said(run("campaign", "show", spring, "--json"))["name"] == "spring reminders"
    unknown = run("campaign", "pause", "Spring reminders")
    assert unknown.exit_code == 1 and "orchestrator campaign list" in unknown.output


def test_of_several_with_one_name_each_is_listed_and_nothing_is_done(run: Command, rest: Rest, spring: str) -> None:
    other = rest.campaign(name="spring reminders")["id"]

    refused = run("campaign", "start", "spring reminders")

    assert refused.exit_code == 1
    assert spring in refused.output and other in refused.output
    assert (rest.get(f"/v1/campaigns/{spring}").json or {})["status"] == "draft"


@pytest.mark.parametrize("verb", ["preflight", "explain", "start", "pause", "resume", "cancel", "report"])
def test_every_verb_takes_a_name_and_prints_the_answer_of_the_api(
    run: Command, rest: Rest, spring: str, verb: str
) -> None:
    rest.contacts(spring, fresh_number())
    if verb in ("pause", "resume"):
        rest.post(f"/v1/campaigns/{spring}/start")
    if verb == "resume":
        rest.post(f"/v1/campaigns/{spring}/pause")

    told = run("campaign", verb, "spring reminders", "--json")

    assert isinstance(json.loads(told.output), dict), told.output
    if verb in ("start", "pause", "resume", "cancel"):
        assert said(told)["id"] == spring


def test_what_is_named_is_changed_and_nothing_else(run: Command, rest: Rest, spring: str, tmp_path: Path) -> None:
    before = rest.get(f"/v1/campaigns/{spring}").json or {}
    more = tmp_path / "more.yaml"
    more.write_text("description: for spring\n")

    words = ("--name", "autumn", "--calls-per-second", "2", "--var", "shop=Main St", "--settings", str(more))
    told = said(run("campaign", "edit", "spring reminders", *words, "--json"))

    assert (told["name"], told["description"], told["variables"]) == ("autumn", "for spring", {"shop": "Main St"})
    assert told["pacing"] == before["pacing"] | {"calls_per_second": 2}
    assert told["calling_hours"] == before["calling_hours"]
    assert run("campaign", "edit", spring).exit_code == 1


_NESTED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "pacing": ({"weight": 3, "max_live_calls": 5}, {"max_live_calls": 7}, {"weight": 3, "max_live_calls": 7}),
    "retry": (
        {"max_attempts": 5, "on": {"busy": {"after": "5m"}, "machine": {"after": "1d"}}},
        {"on": {"busy": {"at_most": 2}, "machine": None}},
        {"max_attempts": 5, "on": {"busy": {"after": "5m", "at_most": 2}, "machine": None}},
    ),
    "caps": ({"per_number_24h": 2, "min_gap": "2h"}, {"min_gap": None}, {"per_number_24h": 2, "min_gap": None}),
    "guards": (
        {"silence": {"pause": None, "because": "a test"}, "failures": {"pause": 0.2}},
        {"failures": {"pause": 0.1}},
        {"silence": {"pause": None, "because": "a test"}, "failures": {"pause": 0.1}},
    ),
    "law": ({"mode": "warn", "because": "a test"}, {"because": "two"}, {"mode": "warn", "because": "two"}),
    "consent": ({"require": "written", "purposes": ["sales"]}, {"require": "express"}, {"purposes": ["sales"]}),
    "lists": ({"registry": "off", "because": "a test"}, {"suppress": ["global"]}, {"registry": "off"}),
    "spend": ({"per_day": "5.00", "total": "9.00"}, {"per_day": "6.00"}, {"total": "9.00"}),
}
_WEEK = {"timezone": "America/Chicago", "windows": [{"days": ["mon"], "start": "09:00", "end": "12:00"}]}
_HOURS = [
    (_WEEK, {"holidays": ["2030-01-01"]}, _WEEK | {"holidays": ["2030-01-01"]}),
    (_WEEK, {"always": True, "because": "a test"}, {"always": True, "because": "a test"}),
    ({"always": True, "because": "a test"}, {"because": "two"}, {"always": True, "because": "two"}),
    ({"always": True, "because": "a test"}, _WEEK, _WEEK | {"holidays": []}),
]
_MERGED = [(field, *each) for field, each in _NESTED.items()] + [("calling_hours", *each) for each in _HOURS]


@pytest.mark.parametrize(("field", "before", "given", "after"), _MERGED)
def test_the_parts_of_a_setting_that_are_not_given_stay(
    run: Command, rest: Rest, spring: str, tmp_path: Path, field: str, before: Any, given: Any, after: Any
) -> None:
    made = rest.patch(f"/v1/campaigns/{spring}", {field: before})
    assert made.status_code == 200, made.text
    more = tmp_path / "more.json"
    more.write_text(json.dumps({field: given}))

    told = said(run("campaign", "edit", spring, "--settings", str(more), "--json"))[field]

    assert _named_in(after, told) == after


def _named_in(expected: Any, told: Any) -> Any:
    """Return the parts of `told` that `expected` names; None for one that is missing."""
    if not isinstance(expected, dict) or not isinstance(told, dict):
        return told
    return {name: _named_in(part, told.get(name)) for name, part in expected.items()}


def test_an_edit_that_somebody_was_faster_than_writes_nothing_and_says_who(
    run: Command, rest: Rest, spring: str
) -> None:
    ada = rest.post("/v1/keys", {"name": "Ada", "role": "operator"}).json["key"]
    path, change = f"/v1/campaigns/{spring}", {"pacing": {"max_live_calls": 7}}
    by_ada = partial(rest.request, "PATCH", path, json=change, headers={"Authorization": f"Bearer {ada}"})

    with options_for(rest, behind_reads={path: by_ada}) as options:
        refused = CliRunner().invoke(app, ["campaign", *options, "edit", spring, "--calls-per-second", "2"])

    assert refused.exit_code == 1
    assert "Ada changed the campaign at" in refused.output and "(pacing)" in refused.output
    assert f"orchestrator campaign show {spring}" in refused.output
    pacing = (rest.get(path).json or {})["pacing"]
    assert pacing["max_live_calls"] == 7 and pacing["calls_per_second"] != 2
    assert said(run("campaign", "edit", spring, "--calls-per-second", "2", "--json"))["pacing"]["max_live_calls"] == 7


def test_who_may_not_read_the_record_is_told_that_it_was_somebody(rest: Rest, spring: str) -> None:
    key = rest.post("/v1/keys", {"name": "Bob", "role": "operator"}).json["key"]
    path = f"/v1/campaigns/{spring}"

    with options_for(rest, behind_reads={path: lambda: rest.patch(path, {"name": "autumn"})}) as options:
        words = ["campaign", *options[:-1], key, "edit", spring, "--weight", "2"]
        refused = CliRunner().invoke(app, words)

    assert refused.exit_code == 1 and "somebody changed the campaign while" in refused.output


def test_an_import_and_its_preview_are_printed_as_they_are(run: Command, spring: str, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("phone,first_name,appointment\n+12025550123,Ada,Monday\n")

    assert said(run("campaign", "import", "spring reminders", str(file), "--preview", "--json"))["accepted"] == 1
    assert said(run("campaign", "import", "spring reminders", str(file), "--json"))["status"] in ("done", "completed")


def test_recordings_are_listed_by_the_name_of_their_campaign(run: Command, spring: str) -> None:
    none = run("recording", "list", "--campaign", "spring reminders")
    assert (none.exit_code, none.stdout, none.stderr) == (0, "", "no recordings\n")
    assert run("recording", "list", "--campaign", "winter").exit_code == 1


def test_a_campaign_names_its_pool(run: Command, rest: Rest) -> None:
    pool = rest.post("/v1/caller-id-pools", {"name": "east", "numbers": [{"number": CALLER_ID}]}).json or {}
    flow = rest.flow()["id"]

    made = run("campaign", "create", "x", "--flow", flow, "--caller-id-pool", "east", "--json")

    assert said(made)["caller_id_pool"] == pool["id"]


def test_a_draft_is_watched_in_plain_words_or_as_json(rest: Rest, spring: str) -> None:
    stats = rest.get(f"/v1/campaigns/{spring}/stats").json or {}
    words, lines = io.StringIO(), io.StringIO()

    with options_for(rest) as (_, url, _, key):
        api = ApiClient(url, SecretStr(key))
        look: dict[str, Any] = {"every_s": 0.0, "is_over": lambda _stats: True}
        watch_campaign(api, spring, console=Console(file=words, width=200), **look)
        with redirect_stdout(lines):
            watch_campaign(api, spring, console=Console(file=words, width=200), as_json=True, **look)
        api.close()

    assert words.getvalue().rstrip() == "draft: 0 of 0 contacts done · dialed 0 · live 0 · 0 of 20 dials/s"
    assert json.loads(lines.getvalue())["contacts"] == stats["contacts"]
