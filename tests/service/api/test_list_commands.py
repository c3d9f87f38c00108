"""`orchestrator list` over a real API: lists are created, imported, shown and looked up."""

from __future__ import annotations

import json
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

        def run(command: str, *words: str, fails: bool = False) -> str:
            done = CliRunner().invoke(app, ["list", *options, command, *words])
            assert (done.exit_code != 0) == fails, done.output
            return done.output

        yield run


def test_a_registry_is_created_imported_and_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "registry.csv"
    file.write_text("phone\n(212) 555-0101\n+1900*\nnobody\n")

    made = run(
        "create", "us-national", "--kind", "registry", "--region", "US", "--purpose", "sales", "--max-age", "10d"
    )
    done = run("import", "us-national", str(file), "--as-of", "2026-03-01T00:00Z", "--region", "US", "--because", "new")
    shown = run("show", "us-national").splitlines()

    assert "us-national: registry, 0 entries, version 0, never imported" in made
    assert "3 rows: 2 accepted, 1 invalid" in done and "row 4: " in done
    assert "us-national: registry, 2 entries, version 1, as of 2026-03-01T00:00:00.000Z" in shown[0]
    assert shown[0].endswith("too old from 2026-03-11T00:00:00.000Z")
    assert [line.split(" ", 3)[3] for line in shown[1:]] == ["import 1 by cli: new", "create by api"]
    assert run("show").splitlines() == shown[:1]


def test_a_number_is_looked_up(run: Run, rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "internal.csv"
    file.write_text("phone\n+12125550101\n+1900*\n")
    list_id = run("create", "internal", "--kind", "suppress").split()[0]
    run("import", list_id, str(file))
    rest.post("/v1/suppressions", {"phone": "+12125550101", "reason": "asked"})

    assert run("lookup", "+12125550101").splitlines() == [
        "suppress list internal",
        "suppressed (global): asked",
    ]
    assert run("lookup", "+19005551212").splitlines() == ["suppress list internal by +1900*"]
    assert run("lookup", "+12125550102").splitlines() == ["+12125550102 is on no list and not suppressed"]
    assert json.loads(run("lookup", "+19005551212", "--json"))["lists"][0]["name"] == "internal"


def test_what_the_api_refuses_is_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("phone\n")
    run("create", "internal", "--kind", "suppress")

    run("create", "internal", "--kind", "suppress", fails=True)
    run("import", "internal", str(file), fails=True)
    run("import", "nobody", str(file), fails=True)
    run("import", "internal", str(file), "--as-of", "yesterday", fails=True)

    run("import", "internal", str(file), "--accept-smaller")
