"""The textbook app as its user would run it, beside a simulated carrier, and what it costs."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.cpu import cpu_s
from benchmarks.ground import carrier_env
from benchmarks.running_stack import Campaign, Outcome, SimulatedCarrier, person, simulator
from orchestrator.local_stack.embedded_servers import start_valkey
from orchestrator.local_stack.interrupts import pause
from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.store.sql.engine import open_redis

_MOST_S = 240.0
_QUIET_S = 1.0


class RunningTextbook:
    """The running app with its carrier."""

    def __init__(self, url: str, carrier: SimulatedCarrier, pids: dict[str, int]) -> None:
        self._url, self._carrier, self._pids = url, carrier, pids

    def run(self, campaign: Campaign) -> Outcome:
        """Call everybody once, and wait until the carrier has nothing left to do."""
        people = [_flat(person(number, zone="UTC")) for number in range(campaign.contacts)]
        revision = self._carrier.ledger("summary=1")["revision"]
        before, carrier_before, began = self._cpu(), self._carrier.cpu_s(), time.monotonic()
        body = {"people": people, "calls_per_second": campaign.calls_per_second}
        requests.post(f"{self._url}/campaigns", json=body, timeout=60).raise_for_status()
        while not self._carrier.has_ended_all(campaign.contacts, since=revision):
            pause(0.25)
            if time.monotonic() - began > _MOST_S:
                raise AssertionError(f"the campaign is not over after {_MOST_S:g} s")
        took, after, carrier_s = time.monotonic() - began, self._cpu(), self._carrier.cpu_s() - carrier_before
        ledger = self._carrier.ledger(f"since={revision}")
        spent = {name: after[name] - before[name] for name in before}
        return Outcome(spent, carrier_s, ledger["dials"], ledger, took)

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_s(pid) for name, pid in self._pids.items()}


@contextmanager
def textbook_stack(*, time_scale: float = 5.0, patience_s: float = 0) -> Iterator[RunningTextbook]:
    """Start the app and a carrier whose callees all answer and are people; stop all at the end."""
    with tempfile.TemporaryDirectory(prefix="textbook-bench-") as name, ExitStack() as ends:
        folder = Path(name)
        carrier = ends.enter_context(simulator(time_scale, patience_s=patience_s))
        valkey = start_valkey(folder / "valkey")
        ends.callback(valkey.stop)
        with open_redis(valkey.url) as client:
            client.config_set("appendfsync", "everysec")  # as the tutorials leave it
        port = free_port()
        env = {
            **carrier_env(f"{carrier.url}/v2", carrier.public_key),
            "TEXTBOOK_REDIS_URL": valkey.url,
            "TEXTBOOK_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/telnyx",
        }
        pids = {"valkey": valkey.pid}
        for program in _programs(env, port):
            child = ChildProcess(program, folder / f"{program.name}.log")
            ends.callback(child.end)
            child.wait_until_ready()
            pids[program.name] = child.pid
        yield RunningTextbook(f"http://127.0.0.1:{port}", carrier, pids)


def _programs(env: dict[str, str], port: int) -> Sequence[Program]:
    tasks, web = "benchmarks.textbook.tasks", "benchmarks.textbook.web:app"
    celery = ("-m", "celery", "-A", tasks, "worker", "-c", "8", "-l", "INFO")
    gunicorn = ("-m", "gunicorn", "-w", "2", "--threads", "4", "-b", f"127.0.0.1:{port}", web)
    return (
        Program(name="worker", argv=(sys.executable, *celery), env=env, ready_line=" ready."),
        Program(name="web", argv=(sys.executable, *gunicorn), env=env, ready_line="Listening at"),
    )


def _flat(contact: dict[str, Any]) -> dict[str, str]:
    return {"phone": contact["phone"], **contact["variables"]}
