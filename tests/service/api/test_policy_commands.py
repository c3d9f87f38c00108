"""`orchestrator policy` and `orchestrator connection` over a real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.local_stack.data_folder import Binding
from tests.support.api_over_http import options_for
from tests.support.rest import CONNECTION, Rest

Run = Callable[..., str]
REASON = ("--because", "agreed upon", "--by", "anna")


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(group: str, command: str, *words: str, fails: bool = False) -> str:
            done = CliRunner().invoke(app, [group, *options, command, *words])
            assert (done.exit_code != 0) == fails, done.output
            return done.output

        yield run


def test_the_policy_is_changed_and_shown_with_who_says_what(run: Run, rest: Rest) -> None:
    changes = ("--cap", "per_number_24h=2", "--cap", "rest_after_human=7d", "--keep", "consents=5y after revoke")

    lines = run("policy", "set", *changes, *REASON).splitlines()

    assert run("policy", "show").splitlines() == lines
    assert {
        "per_number_24h: 2 (by REST)",
        "per_number_7d: 7 (by settings)",
        "per_subject_24h: none",
        "min_gap: none",
        "number_gap of campaigns that say none: 2h",
        "rest_after_human: 7d (by REST)",
        "keep consents: 5y after revoke",
        "keep calls: until somebody erases it",
    } <= set(lines)
    assert " by anna: agreed upon {" in lines[-1]
    assert json.loads(run("policy", "show", "--json")) == rest.get("/v1/policy").json


def test_none_takes_back_what_was_said(run: Run) -> None:
    run("policy", "set", "--cap", "per_number_24h=2", "--keep", "calls=5y", *REASON)
    lines = run("policy", "set", "--cap", "per_number_24h=none", "--keep", "calls=none", *REASON).splitlines()

    assert "per_number_24h: 3 (by settings)" in lines
    assert "keep calls: until somebody erases it" in lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cap", "per_number_24h=9", *REASON), "--cap per_number_24h: "),
        (("--cap", "per_person=9", *REASON), "--cap per_person: "),
        (("--cap", "min_gap", *REASON), "--cap: 'min_gap' must read name=value"),
        (("--keep", "calls=long", *REASON), "--keep calls: "),
        (REASON, "say what to change"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_field(run: Run, words: tuple[str, ...], said: str) -> None:
    assert said in run("policy", "set", *words, fails=True)


def test_a_change_needs_a_reason(run: Run) -> None:
    assert "--because" in run("policy", "set", "--cap", "per_number_24h=2", fails=True)


def test_the_countries_that_are_dialed_are_said(run: Run) -> None:
    assert f"{CONNECTION}: " in run("connection", "show", "--id", CONNECTION)

    changed = run("connection", "set", "--id", CONNECTION, "--dial-region", "US", "--dial-region", "ca")
    assert changed.endswith("dials CA, US\n")
    changed = run("connection", "set", "--id", CONNECTION, "--calls-per-second", "5", "--max-live-calls", "9")
    assert changed.startswith(f"{CONNECTION}: 5 calls per second, 9 live calls, dials CA, US")
    changed = run("connection", "set", "--id", CONNECTION, "--dial-region", "caller-ids", "--json")
    assert json.loads(changed)["dial_regions"] is None

    assert "--dial-region: " in run("connection", "set", "--id", CONNECTION, "--dial-region", "XX", fails=True)
    assert "say what to change" in run("connection", "set", "--id", CONNECTION, fails=True)


def test_the_connection_is_that_of_the_data_folder(rest: Rest, tmp_path: Path) -> None:
    with options_for(rest) as options:
        show = ["connection", *options, "--data", str(tmp_path), "show"]
        lost = CliRunner().invoke(app, show)
        binding = Binding(base_url="http://carrier.test", connection_id=CONNECTION)
        (tmp_path / "carrier.json").write_text(binding.model_dump_json())
        found = CliRunner().invoke(app, show)

    assert lost.exit_code == 1 and "--id" in lost.output
    assert found.output.startswith(f"{CONNECTION}: ")
