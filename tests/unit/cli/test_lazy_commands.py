"""The command line loads a command when it is called: its help, its version and its completion load none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from orchestrator.cli import lazy_commands
from orchestrator.cli.app import app
from orchestrator.cli.command_table import COMMANDS
from orchestrator.cli.lazy_commands import Entry, load

HEAVY = ("alembic", "celery", "flask", "phonenumbers", "psycopg", "pydantic", "redis", "requests", "sqlalchemy")
_RUN = (
    "import sys\nfrom orchestrator.cli.app import app\ntry: app()\nfinally: print('\\n', *sys.modules, file=sys.stderr)"
)


def run_alone(*words: str, **variables: str) -> tuple[str, set[str]]:
    """Return what the command line prints, and every module that was imported for it."""
    argv = [sys.executable, "-c", _RUN, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=dict(os.environ, **variables))
    return done.stdout, set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [("--help",), ("--version",)])
def test_what_names_no_command_imports_none(words: tuple[str, ...]) -> None:
    _, imported = run_alone(*words)

    assert imported.isdisjoint(HEAVY)
    assert {name for name in imported if name.startswith("orchestrator.")} <= {
        *("orchestrator.cli", "orchestrator.cli.app", "orchestrator.cli.command_table"),
        *("orchestrator.cli.lazy_commands", "orchestrator.errors"),
    }


@pytest.mark.parametrize("group", ["campaign", "contact", "call", "key", "list", "number", "pool", "suppress"])
def test_the_help_of_a_group_imports_nothing_that_asks_an_api(group: str) -> None:
    _, imported = run_alone(group, "--help")

    assert imported.isdisjoint({*HEAVY, "httpx", "orchestrator.settings"} - {"pydantic"})  # Typer's own


def test_the_help_lists_every_command_with_its_line() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "400"}, prog_name="orchestrator").output

    assert [each.name for each in COMMANDS if not each.hidden and f" {each.name} " not in shown] == []
    assert "Keep pools of caller ids" in shown and "Call two hundred" not in shown


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda each: each.name)
def test_the_line_of_a_command_is_that_of_its_own_help(entry: Entry) -> None:
    command: Any = load(entry)

    assert entry.help == command.help.split("\n\n")[0].replace("\n", " ")
    assert entry.hidden == command.hidden


def test_every_file_of_commands_is_in_the_table() -> None:
    files = Path(lazy_commands.__file__).parent.glob("*.py")
    of_commands = {
        file.stem for file in files if re.search(r"^(app = typer|def add_to)", file.read_text(), re.MULTILINE)
    }

    assert of_commands - {"app"} == {module for entry in COMMANDS for module in entry.modules}


def test_a_loaded_command_is_complete() -> None:
    command: Any = get_command(app)
    campaign = command.loaded("campaign")

    assert {"create", "watch", "redial", "clone", "test-call"} <= set(campaign.commands)


def test_the_version_is_that_of_the_package() -> None:
    shown, _ = run_alone("--version")

    assert shown.split() == ["orchestrator", version("call-orchestrator")]


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("orchestrator dia", "dialing"),
        ("orchestrator dialing sto", "stop"),
        ("orchestrator dialing stop --rea", "--reason"),
    ],
)
def test_a_shell_completes_commands_of_every_depth(typed: str, proposed: str) -> None:
    words = typed.split()
    shown, _ = run_completion(words)

    assert proposed in shown.split()


def run_completion(words: list[str]) -> tuple[str, str]:
    variables = {"_ORCHESTRATOR_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words)}
    variables["COMP_CWORD"] = str(len(words) - 1)
    argv = [sys.executable, "-c", "from orchestrator.cli.app import app; app(prog_name='orchestrator')"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=dict(os.environ, **variables))
    return done.stdout, done.stderr


def test_nothing_that_is_piped_has_colours() -> None:
    wanted = dict(os.environ, TERM="xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        wanted.pop(name, None)
    argv = [sys.executable, "-c", "from orchestrator.cli.app import app; app()"]
    shown = subprocess.run([*argv, "--help"], capture_output=True, check=True, env=wanted)
    refused = subprocess.run([*argv, "flow", "check", "/dev/null"], capture_output=True, check=False, env=wanted)

    assert b"\x1b" not in shown.stdout + refused.stdout + refused.stderr
