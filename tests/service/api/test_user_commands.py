"""`orchestrator user` over a real API: who may sign in is added, listed, changed and removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.operations.access.sign_in import verify_password
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

pytestmark = pytest.mark.usefixtures("quick_hashes")

PASSWORD, ANOTHER = "correct horse battery", "staple of the other horse"
Run = Callable[..., Result]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(*words: str, typed: str = "", status: int = 0) -> Result:
            done = CliRunner().invoke(app, ["user", *options, *words], input=typed)
            assert done.exit_code == status, done.output
            return done

        yield run


def is_let_in(services: Services, password: str, login: str = "ada@example.com") -> bool:
    return verify_password(login, password, sql=services.sql) is not None


def test_a_password_is_asked_for_twice_and_shown_nowhere(run: Run, services: Services) -> None:
    told = run("add", "Ada@Example.com", "--role", "operator", typed=f"{PASSWORD}\n{PASSWORD}\n").output

    assert "ada@example.com may sign in as operator" in told and PASSWORD not in told
    assert is_let_in(services, PASSWORD)
    assert "--password TEXT" not in run("add", "--help").output


def test_a_password_is_read_from_a_file_or_from_standard_input(run: Run, services: Services, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")

    run("add", "ada@example.com", "--role", "viewer", "--name", "Ada", "--password-file", str(file))
    assert is_let_in(services, PASSWORD)
    run("edit", "ADA@example.com", "--password-file", "-", typed=ANOTHER)
    assert is_let_in(services, ANOTHER) and not is_let_in(services, PASSWORD)


def test_users_are_listed_changed_and_removed(run: Run, services: Services) -> None:
    run("add", "ada@example.com", "--role", "viewer", "--name", "Ada", "--password-file", "-", typed=PASSWORD)

    [listed] = map(json.loads, run("list", "--json").stdout.splitlines())
    assert (listed["login"], listed["name"], listed["role"]) == ("ada@example.com", "Ada", "viewer")
    assert "is disabled" in run("edit", "ada@example.com", "--disable").stdout
    assert "disabled" in run("list").stdout and not is_let_in(services, PASSWORD)
    assert "as admin" in run("edit", listed["id"], "--enable", "--role", "admin").stdout
    assert is_let_in(services, PASSWORD)
    assert "is deleted" in run("remove", "ada@example.com").stdout
    assert run("list", "--json").stdout == ""


def test_what_cannot_be_done_is_said(run: Run) -> None:
    assert (
        "12 to 128 characters"
        in run("add", "x", "--role", "viewer", "--password-file", "-", typed="short", status=1).output
    )
    assert "no user has the login bob" in run("edit", "bob", "--disable", status=1).output
    assert "name something to change" in run("edit", "bob", status=2).output
