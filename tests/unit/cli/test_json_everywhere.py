"""Every command that prints an answer of the API can print it as JSON."""

from __future__ import annotations

from typing import Any

from orchestrator.cli.command_table import COMMANDS
from orchestrator.cli.lazy_commands import load

_PROCESSES = {("up",), ("serve",), ("engine",), ("media",), ("simulator",), ("migrate",), ("demo",)}
_A_FILE = {("campaign", "results"), ("backup",), ("restore",)}


def test_every_command_that_prints_an_answer_prints_it_as_json() -> None:
    without = set()
    for entry in COMMANDS:
        command: Any = load(entry)
        for name, each in getattr(command, "commands", {None: command}).items():
            if "--json" not in {option for parameter in each.params for option in parameter.opts}:
                without.add((entry.name, name) if name else (entry.name,))

    assert without == _PROCESSES | _A_FILE
