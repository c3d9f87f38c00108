"""`orchestrator up` on stores that run elsewhere, each program from a folder of its own: a release that can be changed.

The stores are those of the settings; nobody migrates the database. What a program runs when it is started next is what
`release_of` leads to.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator.local_stack.interrupts import count_interrupts
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.stack import Addresses, Stack
from orchestrator.local_stack.up import keep_running
from orchestrator.settings import load_settings
from tests.support.stack_on_stores import release_of


class _Stack(Stack):
    """A stack that starts no store."""

    def _start_stores(self) -> dict[str, str]:
        return {"redis_url": self._settings.redis_url, "database_url": self._settings.database_url}

    def _programs(self, env: dict[str, str], addresses: Addresses) -> list[Program]:
        return [_released(program, self.folder.path) for program in super()._programs(env, addresses)]


def _released(program: Program, data: Path) -> Program:
    folder = release_of(data, program.name)
    env: Mapping[str, str] = {**program.env, "PYTHONPATH": str(folder)}
    return replace(program, cwd=folder, env=env)


def main() -> None:
    """Start it, and supervise it until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    options = StackOptions(**vars(given), carrier=Carrier.TELNYX, flower=False)
    with count_interrupts() as interrupts:
        stack = _Stack(options, load_settings(), interrupts=interrupts, say=lambda line: print(line, flush=True))
        try:
            stack.start()
            print("Ctrl-C stops everything", flush=True)
            keep_running(stack, interrupts)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
