"""The whole service beside a simulated carrier, as `orchestrator up` runs it, and the measurements of both."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests
from pydantic import SecretStr

from benchmarks.cpu import cpu_s, scheduled_s
from benchmarks.ground import API_KEY, CONNECTION
from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.demo import SAMPLE
from orchestrator.cli.demo_people import NOON, zone_where_it_is
from orchestrator.cli.upload import upload_flow
from orchestrator.clock import utc_now
from orchestrator.local_stack.data_folder import read_addresses
from orchestrator.local_stack.interrupts import Interrupts, pause
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.ports import free_port, is_free
from orchestrator.local_stack.stack import Stack
from orchestrator.local_stack.up import TICK_S
from orchestrator.settings import Settings

STORES = ("valkey", "postgres")
_ROOT = Path(__file__).resolve().parents[1]
_MOST_S = 240.0
_BECAUSE = "a benchmark: nobody is called but the simulator"
_GUARDS = ("abandon", "silence", "failures", "no_answers", "opt_outs")


@dataclass(frozen=True)
class Campaign:
    """How a campaign is dialed: contacts, pace and live calls at most."""

    contacts: int
    calls_per_second: float
    max_live_calls: int


@dataclass(frozen=True)
class Outcome:
    """What one campaign cost and what the carrier says of it: CPU seconds by process, the carrier's ledger, time.

    The simulated carrier's own CPU is told apart: a real one costs nothing, but on this machine it slows the others.
    """

    cpu_s: Mapping[str, float]
    carrier_s: float
    dials: list[dict[str, Any]]
    summary: Mapping[str, Any]
    took_s: float

    @property
    def ours_s(self) -> float:
        """Return the CPU seconds of our own processes."""
        return sum(spent for name, spent in self.cpu_s.items() if name not in STORES)

    @property
    def stores_s(self) -> float:
        """Return the CPU seconds of the stores."""
        return sum(self.cpu_s[name] for name in STORES)


@dataclass(frozen=True)
class SimulatedCarrier:
    """A running simulator: where it listens, and the key that verifies its webhooks."""

    url: str
    public_key: str
    pid: int

    def ledger(self, query: str) -> dict[str, Any]:
        """Return its ledger."""
        return dict(requests.get(f"{self.url}/ledger?{query}", timeout=60).json())

    def has_ended_all(self, calls: int, *, since: Any) -> bool:
        """Return whether so many calls were dialed since a revision of its ledger and nothing is under way."""
        summary = self.ledger("summary=1")
        if summary["live"] or summary["webhooks_under_way"]:
            return False
        return len(self.ledger(f"since={since}")["dials"]) >= calls

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used so far."""
        return cpu_s(self.pid)


class RunningStack:
    """A running stack with its carrier."""

    def __init__(self, stack: Stack, rest: ApiClient, carrier: SimulatedCarrier) -> None:
        self.rest, self.carrier = rest, carrier
        self._stack = stack

    @property
    def url(self) -> str:
        """Return the address of the API and its pages."""
        return read_addresses(self._stack.folder.path)["api"]

    @property
    def stores(self) -> tuple[str, str]:
        """Return where the stack's PostgreSQL and its Valkey are."""
        addresses = read_addresses(self._stack.folder.path)
        return addresses["database_url"], addresses["redis_url"]

    def run(self, campaign: Campaign) -> Outcome:
        """Run one campaign to its end; every contact is called once.

        While it runs the carrier is asked and not we, as for the textbook app: who asks is paid for by neither.
        """
        campaign_id = self.create(campaign)
        revision = self.carrier.ledger("summary=1")["revision"]
        before, carrier_before, began = self.cpu_s(), self.carrier.cpu_s(), time.monotonic()
        self.rest.campaigns.start(campaign_id)
        self.wait_until(lambda: self.carrier.has_ended_all(campaign.contacts, since=revision))
        self.wait_until(lambda: self.rest.campaigns.get(campaign_id)["status"] == "completed")
        took, after, carrier_s = time.monotonic() - began, self.cpu_s(), self.carrier.cpu_s() - carrier_before
        ledger = self.carrier.ledger(f"since={revision}")
        spent = {name: after[name] - before[name] for name in before}
        return Outcome(spent, carrier_s, ledger["dials"], ledger, took)

    def pause(self, campaign: Campaign) -> None:
        """Start a campaign and pause it before it has called anybody."""
        campaign_id = self.create(campaign)
        self.rest.dialing.stop()
        self.rest.campaigns.start(campaign_id)
        self.rest.campaigns.pause(campaign_id)
        self.rest.dialing.resume()

    def stay(self, seconds: float) -> dict[str, float]:
        """Supervise for so long, as `orchestrator up` does; return the CPU seconds by process, its own as `up`."""
        before, until = self.cpu_s(), time.monotonic() + seconds
        began = time.process_time()
        while time.monotonic() < until:
            self._stack.tick()
            pause(TICK_S)
        own, after = time.process_time() - began, self.cpu_s()
        return {"up": own, **{name: after[name] - before[name] for name in before}}

    def create(self, campaign: Campaign, *, flow: Path = SAMPLE) -> str:
        """Create a campaign with its contacts, and return its id."""
        made = self.rest.campaigns.create(
            name="bench",
            flow=upload_flow(self.rest, flow)["id"],
            caller_ids=["+13125550100"],
            pacing={"calls_per_second": campaign.calls_per_second, "max_live_calls": campaign.max_live_calls},
            purpose="informational",
            calling_hours={"windows": [{"days": ["mon-sun"], "start": "08:00", "end": "21:00"}]},
            guards={name: {"pause": None, "because": _BECAUSE} for name in _GUARDS},
            retry={"max_attempts": 1},
            number_gap="0s",
        )
        zone = zone_where_it_is(NOON, utc_now())
        people = [person(number, zone=zone) for number in range(campaign.contacts)]
        for start in range(0, len(people), 500):
            self.rest.campaigns.add_contacts(made["id"], contacts=people[start : start + 500])
        return str(made["id"])

    def wait_until(self, holds: Callable[[], bool], *, most_s: float = _MOST_S) -> None:
        """Keep the stack running until something holds."""
        began = time.monotonic()
        while not holds():
            pause(0.25)
            self._stack.tick()
            if time.monotonic() - began > most_s:
                raise AssertionError(f"what was waited for has not come after {most_s:g} s")

    def run_for(self, seconds: float) -> None:
        """Keep the stack running for so long."""
        ends = time.monotonic() + seconds
        self.wait_until(lambda: time.monotonic() >= ends)

    def cpu_s(self) -> dict[str, float]:
        """Return what each process has used so far, by the name of its program: two workers of a kind count as one."""
        spent: dict[str, float] = defaultdict(float)
        for name, pid in self._stack.pids().items():
            spent[name.rstrip("-0123456789")] += cpu_s(pid)
        return dict(spent)

    def backends_cpu_s(self, program: str) -> dict[int, float]:
        """Return what each process of PostgreSQL that serves a program's connections has used so far."""
        with psycopg.connect(self.stores[0].replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (program,))
            spent: dict[int, float] = {}
            for (pid,) in found:
                with suppress(FileNotFoundError):  # it has just ended
                    spent[pid] = scheduled_s(pid)
            return spent


@contextmanager
def running_stack(
    *,
    calls_per_second: float,
    max_live_calls: int,
    time_scale: float = 5.0,
    patience_s: float = 0,
    workers: int = 1,
    everything: bool = False,
) -> Iterator[RunningStack]:
    """Start a carrier as `simulator` does, and the whole service; stop both at the end.

    With `everything`, Flower and the media receivers are part of it.
    """
    with tempfile.TemporaryDirectory(prefix="orchestrator-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with simulator(time_scale, patience_s=patience_s) as carrier:
            port = _free_pair()
            settings = Settings(
                telnyx_api_key=SecretStr(API_KEY),
                telnyx_public_key=carrier.public_key,
                telnyx_base_url=f"{carrier.url}/v2",
                telnyx_connection_id=CONNECTION,
                public_url=f"http://127.0.0.1:{port + 1}",
            )
            options = StackOptions(
                data=folder / "data",
                port=port,
                workers=workers,
                carrier=Carrier.TELNYX,
                flower=everything,
                media=everything,
                calls_per_second=calls_per_second,
                max_live_calls=max_live_calls,
            )
            stack = Stack(options, settings, interrupts=Interrupts(), say=print)
            try:
                addresses = stack.start()
                rest = ApiClient(addresses.api, stack.api_key)
                yield RunningStack(stack, rest, carrier)
                rest.close()
            finally:
                stack.stop()


@contextmanager
def simulator(time_scale: float, *, patience_s: float = 0) -> Iterator[SimulatedCarrier]:
    """Start a carrier whose callees all answer and are people, who bear so much silence; with 0 each has a bound."""
    words = ["--port", "0", "--api-key", API_KEY, "--mix", "human=1", "--dials-per-5s", "0"]
    words += ["--time-scale", str(time_scale), "--patience", str(patience_s)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *words], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://")).rstrip("/")
        headers = {"Authorization": f"Bearer {API_KEY}"}
        answer = requests.get(f"{url}/v2/public_key", headers=headers, timeout=10)
        yield SimulatedCarrier(url, answer.json()["data"]["public"], process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()


def person(number: int, *, zone: str) -> dict[str, Any]:
    """Return a contact with a number of its own, who lives in a zone where it is day: the law's hours are kept."""
    return {
        "phone": f"+1312{5_560_000 + number:07d}",
        "timezone": zone,
        "timezone_source": "address",
        "variables": {"first_name": "Ada", "appointment": "Monday at 9"},
    }


def _free_pair() -> int:
    """Return a free port with a free neighbour: the webhook address must be known before the start."""
    while not is_free((port := free_port()) + 1):
        pass
    return port
