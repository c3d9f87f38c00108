"""A whole stack as real processes: `orchestrator up` on a free port, and a simulator of its own that outlives it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from orchestrator.local_stack import parent_death
from orchestrator.local_stack.ports import is_free
from orchestrator.local_stack.process import session_members
from orchestrator.settings import child_environment
from tests.support.poll import eventually
from tests.support.rest_client import RestClient
from tests.support.simulator import SimulatorProcess, simulator

CONNECTION = "2876500012345678901"
CALLER_ID = "+13125550100"
API_KEY = "key-of-the-operator"
CARRIER_KEY = "KEYright"
SIGNING_SEED = "5e" * 32
CALLS_PER_SECOND, LIVE_CALLS = 29, 500
_PORTS = range(12_000, 20_000, 3)  # below those that `up` chooses from: the carrier knows the door's before it is taken
UP_S = 300.0  # a bound on hanging, as in up.py

# Under the parent-death watchdog, so that a killed test run leaves no stack behind that restarts its programs.
_WATCHED = (sys.executable, "-I", "-S", parent_death.__file__)
_ROOT = Path(__file__).resolve().parents[2]
_ORCHESTRATOR = (sys.executable, "-c", "from orchestrator.cli.app import app; app()")


def carrier_of(simulator: SimulatorProcess) -> dict[str, str]:
    """Return the variables that lead a stack to this simulator."""
    return {
        "TELNYX_BASE_URL": simulator.base_url,
        "TELNYX_API_KEY": simulator.api_key,
        "TELNYX_PUBLIC_KEY": simulator.public_key,
        "TELNYX_CONNECTION_ID": CONNECTION,
    }


class StackRun:
    """`orchestrator up --carrier telnyx` on one data folder, started and stopped as often as a test likes.

    The carrier gets the address of the webhook endpoint; every process of the stack is available by name.
    """

    def __init__(
        self,
        folder: Path,
        carrier: dict[str, str],
        *,
        port: int,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.port, self._carrier, self._workers = folder, port, carrier, workers
        self._own = environment or {}
        self.door = door_of(port)
        self.rest = RestClient(f"http://127.0.0.1:{port}", API_KEY)
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0

    # -- the stack as a whole ------------------------------------------------------------------------------------

    def start(self, **changes: str) -> None:
        """Start it and return once it is up; `changes` are environment variables of this run alone."""
        self.launch(**changes)
        eventually(lambda: "Ctrl-C stops everything" in self.output or not self.runs, within=UP_S)
        assert self.runs, self.output
        assert requests.get(f"{self.door}/healthz", timeout=30).ok, "the door did not get the port the carrier knows"

    def launch(self, **changes: str) -> None:
        """Start it without waiting for anything."""
        self._runs += 1
        words = ["--data", str(self.folder), "--port", str(self.port), "--workers", str(self._workers)]
        with self._screen.open("wb") as screen:
            self._process = subprocess.Popen(
                [*_WATCHED, str(os.getpid()), str(int(signal.SIGTERM)), parent_death.UNCHANGED, *self._command, *words],
                cwd=_ROOT,
                stdout=screen,
                stderr=subprocess.STDOUT,
                env=child_environment({**self._environment, **self._own, **changes}),
                start_new_session=True,
            )

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self.ends()

    def ends(self) -> int:
        """Return its exit status once it has ended."""
        assert self._process is not None
        return self._process.wait(timeout=UP_S)

    def kill_up(self) -> None:
        """Kill the supervisor with -9 and return once the kernel has taken everything else with it."""
        assert self._process is not None
        before = list(self.pids().values())
        self._process.kill()
        self.ends()
        eventually(lambda: not any(session_members(pid) for pid in before), within=UP_S)

    def clear_away(self) -> None:
        """Kill whatever is left of it."""
        sessions = [self._process.pid, *self.pids().values()] if self._process is not None else []
        for pid in [pid for session in sessions for pid in session_members(session)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    @property
    def runs(self) -> bool:
        """Say whether `up` itself runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        """Return what this run has printed so far."""
        return self._screen.read_text()

    # -- its processes -------------------------------------------------------------------------------------------

    def pids(self) -> dict[str, int]:
        """Return the process ids of the programs that run, by name."""
        try:
            record = json.loads((self.folder / "children.json").read_text())
        except FileNotFoundError:
            return {}
        return {child["name"]: child["pid"] for child in record}

    def kill(self, *names: str) -> None:
        """Kill these programs with -9 and return once the supervisor has started each again and REST works."""
        self.signal(signal.SIGKILL, *names)

    def signal(self, sig: signal.Signals, *names: str) -> None:
        """End these programs with a signal and return once the supervisor has started each again and REST works."""
        before = self.pids()
        for name in names:
            os.kill(before[name], sig)
        eventually(lambda: self._are_new(names, before), within=UP_S)
        eventually(self.is_ready, within=UP_S)

    def kill_only(self, name: str) -> None:
        """Kill a program with -9 and return once the supervisor has started it again, ready or not."""
        before = self.pids()
        os.kill(before[name], signal.SIGKILL)
        eventually(lambda: self._are_new((name,), before), within=UP_S)

    def is_ready(self) -> bool:
        """Say whether the API finds everything it needs."""
        return self.rest.try_to_get("/readyz") is not None

    def readiness(self) -> str:
        """Return what is not ready, as the API says it; empty while all is, or while it does not answer."""
        try:
            answer = requests.get(f"{self.rest.url}/readyz", timeout=30)
        except requests.RequestException:
            return ""
        return "" if answer.ok else answer.text

    @contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """Stop these programs where they stand until the block ends; `up` names the supervisor."""
        pids = [pid for name in names for pid in self._family(name)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Kill this program with -9 and keep the supervisor from starting it again until the block ends."""
        with self.frozen("up"):
            pid = self.pids()[name]
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
            yield

    def _are_new(self, names: tuple[str, ...], before: dict[str, int]) -> bool:
        now = self.pids()
        return all(now.get(name) not in (None, before[name]) for name in names)

    def _family(self, name: str) -> list[int]:
        if name == "up":
            assert self._process is not None
            return [self._process.pid]
        return session_members(self.pids()[name])

    @property
    def settings_of_commands(self) -> dict[str, str]:
        """Return the variables with which commands of `orchestrator` find this stack and its carrier."""
        stores = {f"ORCHESTRATOR_{name.upper()}": self._addresses[name] for name in ("database_url", "redis_url")}
        found = {"ORCHESTRATOR_API_URL": self.rest.url, "ORCHESTRATOR_DATA_DIR": str(self.folder)}
        return {**self._environment, **stores, **found}

    # -- its stores, for what REST does not tell -------------------------------------------------------------------

    def query(self, statement: str, **params: Any) -> list[Any]:
        """Read from its database."""
        with self._sql.connect() as tx:
            return list(tx.execute(text(statement), params).mappings().all())

    def execute(self, statement: str, **params: Any) -> int:
        """Change its database, to let time pass; return how many rows were changed."""
        with self._sql.begin() as tx:
            return int(tx.execute(text(statement), params).rowcount)

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Return a connection to its database outside of any transaction."""
        with self._sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            yield tx

    @contextmanager
    def redis(self) -> Iterator[redis.Redis]:
        """Return a client of its Valkey."""
        with redis.Redis.from_url(self._addresses["redis_url"], retry=Retry(NoBackoff(), 0)) as client:
            yield client

    @property
    def _addresses(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "addresses.json").read_text()))

    @cached_property
    def _sql(self) -> Engine:
        return create_engine(self._addresses["database_url"], poolclass=NullPool)

    @property
    def _command(self) -> tuple[str, ...]:
        return (*_ORCHESTRATOR, "up", "--carrier", "telnyx", "--no-flower")

    @property
    def _screen(self) -> Path:
        return self.folder.with_suffix(f".{self._runs}.out")

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **self._carrier,
            "ORCHESTRATOR_API_KEY": API_KEY,
            "ORCHESTRATOR_PUBLIC_URL": self.door,
            "ORCHESTRATOR_CALLS_PER_SECOND": str(CALLS_PER_SECOND),
            "ORCHESTRATOR_MAX_LIVE_CALLS": str(LIVE_CALLS),
            "ORCHESTRATOR_API_URL": "",
            "ORCHESTRATOR_CALLER_ID": "",
            # A fault is retried here within seconds, more often than a person would be called in a day.
            "ORCHESTRATOR_CAP_PER_NUMBER_24H": "100",
        }


def free_ports() -> int:
    """Return a port that is free with the two after it; no stack that starts meanwhile chooses one of them itself."""
    while True:
        port = random.choice(_PORTS)
        if all(is_free(port + n) for n in range(3)):
            return port


@contextmanager
def stack_and_simulator(
    folder: Path, *, workers: int = 1, environment: Mapping[str, str] | None = None, **options: Any
) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    """Start a simulator with these options and a stack on it, of this environment; both are gone at the end."""
    port = free_ports()
    with simulator_of(door_of(port), **options) as carrier:
        stack = StackRun(folder, carrier_of(carrier), port=port, workers=workers, environment=environment)
        try:
            stack.start()
            yield stack, carrier
        finally:
            stack.clear_away()


def door_of(port: int) -> str:
    """Return the address at which a stack on this port takes webhooks."""
    return f"http://127.0.0.1:{port + 1}"


def simulator_of(door: str, **options: Any) -> AbstractContextManager[SimulatorProcess]:
    """Return a simulator with these options that sends its webhooks to this address, until the block ends."""
    usual = {
        "webhook_url": f"{door}/webhooks/telnyx",
        "api_key": CARRIER_KEY,
        "connection_id": CONNECTION,
        "caller_id": CALLER_ID,
        "signing_seed": SIGNING_SEED,
        "time_scale": 20,
    }
    return simulator(**{**usual, **options})
