"""`orchestrator flow upload | list | show` over a real API: a flow is stored, found by its name, and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

Run = Callable[..., Result]
_FIRST = "name: greeting\nstart: bye\nsteps:\n  bye: {hangup: {}}\n"
_SECOND = "# shorter\n" + _FIRST


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:
        yield lambda command, *words: CliRunner().invoke(app, ["flow", *options, command, *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "greeting.yaml"
    file.write_text(_FIRST)
    return file


def test_a_flow_is_uploaded_and_the_same_again_is_no_new_version(run: Run, file: Path) -> None:
    first = run("upload", str(file)).stdout
    again = run("upload", str(file)).stdout
    file.write_text(_SECOND)
    changed = run("upload", str(file)).stdout

    assert first.split()[1:5] == ["greeting", "version", "1,", "stored"]
    assert again == first
    assert " greeting version 2, stored " in changed


def test_the_versions_of_flows_are_listed_newest_first(run: Run, rest: Rest, file: Path) -> None:
    rest.flow()
    for text in (_FIRST, _SECOND):
        file.write_text(text)
        run("upload", str(file))

    named = run("list", "--name", "greeting").stdout.splitlines()

    assert [line.partition(", stored")[0].split(" ", 1)[1] for line in named] == [
        "greeting version 2",
        "greeting version 1",
    ]
    assert len(run("list").stdout.splitlines()) == 3
    assert len(run("list", "--limit", "1").stdout.splitlines()) == 1
    told = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert told == (rest.get("/v1/flows").json or {})["data"]


def test_a_flow_is_shown_as_it_was_written_by_its_name_or_its_id(run: Run, file: Path) -> None:
    first = run("upload", str(file)).stdout.split()[0]
    file.write_text(_SECOND)
    run("upload", str(file))

    assert run("show", "greeting").stdout == _SECOND
    assert run("show", first).stdout == _FIRST
    assert " greeting version 1, stored " in run("show", first).stderr
    assert json.loads(run("show", first, "--json").stdout)["source"] == _FIRST


@pytest.mark.parametrize("word", ["nothing", "flow_01JZZZZZZZZZZZZZZZZZZZZZZZ", "a/b?c=d e"])
def test_a_flow_that_is_not_there_is_said_with_where_to_look(run: Run, word: str) -> None:
    done = run("show", word)

    assert done.exit_code == 1
    assert f"no flow {word}: `orchestrator flow list` shows those that are there" in done.stderr


def test_a_mistake_is_told_by_file_and_line(run: Run, rest: Rest, file: Path) -> None:
    file.write_text(_FIRST.replace("start: bye", "start: by") + "  odd: {speek: {}}\n")

    done = run("upload", str(file))

    assert done.exit_code == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"✗ {file}, line 2: there is no step by")
    assert lines[-1] == f"✗ {file}, line 5, step odd: a step has no speek; did you mean speak?"
    assert (rest.get("/v1/flows").json or {})["data"] == []


def test_a_campaign_is_not_created_with_a_flow_that_has_a_mistake_in_a_line(rest: Rest, file: Path) -> None:
    file.write_text(_FIRST.replace("start: bye", "start: by"))
    with options_for(rest) as options:
        words = ["campaign", *options, "create", "x", "--flow", str(file), "--caller-id", "+12125550100"]
        done = CliRunner().invoke(app, words)

    assert done.exit_code == 1
    assert done.stderr.startswith(f"✗ {file}, line 2: ")
