"""A person at a desk: types commands of `orchestrator` before a running stack, and reads what they print."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun


class Desk:
    """One person's commands; files are read from and written to `folder`."""

    def __init__(self, stack: StackRun, carrier: SimulatorProcess, folder: Path) -> None:
        self.stack, self.carrier, self.folder = stack, carrier, folder

    def types(self, line: str, *, exits: int = 0) -> str:
        """Run `orchestrator LINE` and return what it prints; `{folder}` in it is the folder."""
        words = shlex.split(line.replace("{folder}", str(self.folder)))
        done = CliRunner().invoke(app, words, env=self.stack.settings_of_commands)
        assert done.exit_code == exits, f"orchestrator {line}\n{done.output}\n{done.exception!r}"
        return done.output

    def reads(self, line: str) -> Any:
        """Run `orchestrator LINE --json` and return what it answers."""
        return json.loads(self.types(f"{line} --json"))

    def saves(self, name: str, text: str, *, encoding: str = "utf-8") -> None:
        """Write a file."""
        (self.folder / name).write_bytes(text.encode(encoding))

    def sees(self, line: str, wanted: str, *, within: float = 20.0) -> str:
        """Run `orchestrator LINE` until it prints `wanted`, and return what it prints then."""
        said: list[str] = []

        def is_there() -> bool:
            said[:] = [self.types(line)]
            return wanted in said[0]

        try:
            eventually(is_there, within=within, every=0.2)
        except AssertionError as err:
            raise AssertionError(f"{wanted!r} is not in what `orchestrator {line}` prints:\n{said[0]}") from err
        return said[0]

    def sees_it_completed(self, campaign: str) -> None:
        """Wait until everybody of a campaign is done."""
        self.sees(f"campaign show {shlex.quote(campaign)}", f"{campaign} is completed")

    def values_of(self, campaign: str) -> dict[str, dict[str, Any]]:
        """Return what is known of the people of a campaign, by their phones."""
        told = self.reads(f"campaign show {shlex.quote(campaign)}")
        people = self.stack.rest.pages("/v1/contacts", campaign_id=told["id"])
        return {each["phone"]: each["variables"] | {"external_id": each["external_id"]} for each in people}

    def rang(self, *phones: str) -> dict[str, int]:
        """Return how often each phone rang, by the carrier's own ledger."""
        rang = self.carrier.ledger()["calls_by_number"]
        return {phone: rang.get(phone, 0) for phone in phones}
