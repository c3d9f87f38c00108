"""A whole stack as real processes on stores that a test has started itself; each program may be of another version."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from orchestrator.settings import child_environment
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, carrier_of, door_of, free_ports, simulator_of

THIS_VERSION = Path(__file__).resolve().parents[2]
PROGRAMS = ("api", "webhooks", "commands", "dials", "engine", "dispatch")


class StackOnStores(StackRun):
    """The programs of `orchestrator up` without its stores; they stay supervised."""

    def __init__(self, *args: Any, redis_url: str, database_url: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._stores = {"ORCHESTRATOR_REDIS_URL": redis_url, "ORCHESTRATOR_DATABASE_URL": database_url}

    def migrate(self, code: Path = THIS_VERSION) -> None:
        """Bring the database to the schema of this code, as `orchestrator migrate` of it does."""
        words = [sys.executable, "-c", "from orchestrator.cli.app import app; app(['migrate'])"]
        env = child_environment({**self._environment, "PYTHONPATH": str(code)})
        subprocess.run(words, cwd=code, env=env, check=True)

    def release(self, code: Path, *names: str) -> None:
        """Replace these programs by those of another version, one by one, as a rolling upgrade does."""
        for name in names:
            self.lay_out(code, name)
            self.signal(signal.SIGTERM, name)

    def versions(self) -> set[Path]:
        """Return the folders of code that the running programs were started in."""
        return {Path(psutil.Process(pid).cwd()) for pid in self.pids().values()}

    def lay_out(self, code: Path, *names: str) -> None:
        """Let these programs be of this version when they are started next."""
        for name in names:
            link = release_of(self.folder, name)
            link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            link.unlink(missing_ok=True)
            link.symlink_to(code)

    @property
    def _command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.support.up_on_stores")

    @property
    def _environment(self) -> dict[str, str]:
        return {**super()._environment, **self._stores}


def release_of(data: Path, name: str) -> Path:
    """Return what leads to the code of a program."""
    return data.with_name(f"{data.name}-releases") / name


@contextmanager
def stack_on(
    folder: Path, *, redis_url: str, database_url: str, code: Path = THIS_VERSION, **options: Any
) -> Iterator[tuple[StackOnStores, SimulatorProcess]]:
    """Start a simulator with these options and a stack of this code on these stores; both are gone at the end."""
    port = free_ports()
    with simulator_of(door_of(port), **options) as carrier:
        stack = StackOnStores(folder, carrier_of(carrier), port=port, redis_url=redis_url, database_url=database_url)
        stack.lay_out(code, *PROGRAMS)
        try:
            stack.migrate(code)
            stack.start()
            yield stack, carrier
        finally:
            stack.clear_away()
