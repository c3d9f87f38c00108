"""Starts the embedded servers one by one, for tests, benchmarks and scripts; `up` plans them for its supervisor."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from orchestrator.local_stack.postgres import make_database, plan_postgres
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.valkey import plan_valkey


class RunningServer:
    """A server that is available at `url` until it is stopped or this process dies."""

    def __init__(self, url: str, child: ChildProcess, *, afterwards: Callable[[], None] = lambda: None) -> None:
        self.url, self._child, self._afterwards = url, child, afterwards

    @property
    def pid(self) -> int:
        """Return the process id of the server."""
        return self._child.pid

    def stop(self) -> None:
        """Shut the server down cleanly and wait for it to exit."""
        self._child.end()
        self._afterwards()


def start_valkey(folder: Path, *, port: int | None = None, maxmemory: str = "512mb") -> RunningServer:
    """Start Valkey on `folder` (AOF always, noeviction) and return once it answers at a redis:// address."""
    plan = plan_valkey(folder, port=port, maxmemory=maxmemory)
    return RunningServer(plan.url, _started(plan.program, folder))


def start_postgres(folder: Path, *, durable: bool = True) -> RunningServer:
    """Start PostgreSQL on `folder` and return once the database `orchestrator` is there, empty at the first start."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    plan = plan_postgres(folder, durable=durable)
    child = _started(plan.program, folder)
    make_database(plan.url)
    own = plan.socket_folder != plan.program.cwd
    return RunningServer(plan.url, child, afterwards=lambda: shutil.rmtree(plan.socket_folder) if own else None)


def _started(program: Program, folder: Path) -> ChildProcess:
    child = ChildProcess(program, folder / f"{program.name}.log")
    try:
        child.wait_until_ready()
    except BaseException:
        child.end()
        raise
    return child
