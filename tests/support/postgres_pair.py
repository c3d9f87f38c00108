"""A PostgreSQL primary and its synchronous standby, as real servers on ports of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg

from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.postgres import DATABASE, answers, make_database, plan_postgres
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.server_user import chown_to_server
from tests.support.poll import eventually

_STANDBY = "standby"  # the name under which the primary knows it


class PostgresPair:
    """Two servers; `url` names both and leads to the one that takes writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: free_port() for name in ("first", "second")}
        self._servers: dict[str, ChildProcess] = {}

    @property
    def url(self) -> str:
        """Return the address of whichever is the primary, as SQLAlchemy writes several hosts."""
        hosts = [("host", f"127.0.0.1:{port}") for port in self._ports.values()]
        return (
            f"postgresql+psycopg://postgres@/{DATABASE}?{urlencode([*hosts, ('target_session_attrs', 'read-write')])}"
        )

    def start(self) -> None:
        """Make the cluster, copy it, and return once the standby follows."""
        self._start("first")
        make_database(self._url_of("first"))
        self._servers["first"].end()
        subprocess.run(["cp", "-a", self._folder / "first", self._folder / "second"], check=True)
        signal_file = self._folder / "second" / "cluster" / "standby.signal"
        signal_file.touch()
        chown_to_server(signal_file)
        self._start("first", synchronous_standby_names=_STANDBY)
        follows = f"host=127.0.0.1 port={self._ports['first']} user=postgres application_name={_STANDBY}"
        self._start("second", primary_conninfo=follows)
        eventually(lambda: self._ask("first", "SELECT sync_state FROM pg_stat_replication") == [("sync",)])

    def kill_primary(self) -> None:
        """Kill the primary with all its processes, as a machine that loses its power."""
        for pid in self._family("first"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def promote_standby(self) -> None:
        """Make the standby the primary, and return once it takes writes."""
        assert self._ask("second", "SELECT pg_promote()") == [(True,)]

    @contextmanager
    def frozen_standby(self) -> Iterator[None]:
        """Stop the standby with all its processes where they stand until the block ends: nothing is acknowledged."""
        pids = self._family("second")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """Stop both."""
        for server in self._servers.values():
            server.end()

    def _start(self, name: str, **settings: str) -> None:
        plan = plan_postgres(self._folder / name, durable=False)
        port = self._ports[name]
        given = {"listen_addresses": "127.0.0.1", "port": str(port), **settings}
        words = [word for key, value in given.items() for word in ("-c", f"{key}={value}")]
        argv, url = (*plan.program.argv, *words), self._url_of(name).replace(f"/{DATABASE}", "/postgres")
        program = replace(plan.program, argv=argv, ready=lambda: answers(url))
        self._servers[name] = ChildProcess(program, self._folder / f"{name}.log")
        self._servers[name].wait_until_ready()

    def _family(self, name: str) -> list[int]:
        server = psutil.Process(self._servers[name].pid)
        return [server.pid, *(child.pid for child in server.children())]  # each leads a session of its own

    def _url_of(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._ports[name]}/{DATABASE}"

    def _ask(self, name: str, question: str) -> list[Any]:
        with psycopg.connect(self._url_of(name).replace("+psycopg", ""), autocommit=True) as tx:
            return tx.execute(question).fetchall()


@contextmanager
def postgres_pair() -> Iterator[PostgresPair]:
    """Run a primary and its standby until the block ends."""
    with tempfile.TemporaryDirectory(prefix="orchestrator-pair-") as folder:
        pair = PostgresPair(Path(folder))
        try:
            pair.start()
            yield pair
        finally:
            pair.stop()
