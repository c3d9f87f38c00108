"""`orchestrator key` over a real API: keys are made, listed and revoked, and what was done with them is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

Run = Callable[..., str]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(command: str, *words: str, fails: bool = False) -> str:
            done = CliRunner().invoke(app, ["key", *options, command, *words])
            assert (done.exit_code != 0) == fails, done.output
            return done.stdout

        yield run


def test_a_key_is_printed_once_listed_without_it_and_revoked(run: Run, rest: Rest) -> None:
    key = run("create", "front desk", "--role", "operator", "--expires", "2099-01-01T00:00Z").strip()
    [listed] = map(json.loads, run("list", "--json").splitlines())

    assert rest.get("/v1/campaigns", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert (listed["name"], listed["role"], listed["expires_at"]) == (
        "front desk",
        "operator",
        "2099-01-01T00:00:00.000Z",
    )
    assert key not in run("list")
    assert "is revoked" in run("revoke", listed["id"])
    assert "revoked" in run("list")


def test_what_was_done_is_shown_with_its_author(run: Run, rest: Rest) -> None:
    rest.post("/v1/dialing/stop", {"reason": "complaints"})

    [line] = run("audit", "--subject", "dialing").splitlines()
    [same] = map(json.loads, run("audit", "--by", "api", "--json").splitlines())

    assert " · api · POST /v1/dialing/stop · dialing · " in line
    assert "reason: None → 'complaints'" in line
    assert same["subject"] == "dialing"


def test_a_role_that_there_is_not_is_named(run: Run) -> None:
    run("create", "x", "--role", "owner", fails=True)
