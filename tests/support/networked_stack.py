"""A stack whose ways to Valkey, PostgreSQL and the carrier lead through proxies, and the carrier's way to it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

from tests.support.network import Address, Network, network
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, carrier_of, free_ports, simulator_of
from tests.support.up_on_network import STORES

LINKS = ("valkey", "postgres", "carrier", "webhooks")


class NetworkedStack(StackRun):
    """`orchestrator up` behind a network; the tests' own way to the stores and to REST is never broken."""

    def __init__(self, folder: Path, carrier: dict[str, str], *, port: int, network: Network) -> None:
        super().__init__(folder, carrier, port=port)
        self.network = network

    @property
    def _command(self) -> tuple[str, ...]:
        proxies = [f"--{name}-port={self.network.port(name)}" for name in ("valkey", "postgres")]
        return (sys.executable, "-m", "tests.support.up_on_network", *proxies)

    @property
    def _addresses(self) -> dict[str, str]:
        return _stores(self.folder)

    @property
    def _environment(self) -> dict[str, str]:
        # Who heard nothing in time rests for days otherwise, and the campaign with them.
        rest = {"ORCHESTRATOR_CAP_REST_AFTER_ABANDONED": "1s"}
        return {**super()._environment, **rest, "ORCHESTRATOR_PUBLIC_URL": _loopback(self.network, "webhooks")}


@contextmanager
def networked_stack(folder: Path, **options: Any) -> Iterator[tuple[NetworkedStack, SimulatorProcess]]:
    """Start a network, a simulator with these options and a stack between them; all are gone at the end."""
    port = free_ports()
    carriers: list[SimulatorProcess] = []
    targets = {
        "valkey": lambda: _valkey(folder),
        "postgres": lambda: _postgres(folder),
        "carrier": lambda: _carrier(carriers[0]),
        "webhooks": lambda: ("127.0.0.1", port + 1),
    }
    with (
        network(targets) as between,
        simulator_of(_loopback(between, "webhooks"), public_url=_loopback(between, "carrier"), **options) as simulator,
    ):
        carriers.append(simulator)
        access = {**carrier_of(simulator), "TELNYX_BASE_URL": f"{_loopback(between, 'carrier')}/v2"}
        stack = NetworkedStack(folder, access, port=port, network=between)
        try:
            stack.start()
            yield stack, simulator
        finally:
            stack.clear_away()


def _stores(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / STORES).read_text()))


def _valkey(folder: Path) -> Address:
    return "127.0.0.1", make_url(_stores(folder)["redis_url"]).port or 0


def _postgres(folder: Path) -> Address:
    return f"{unquote(str(make_url(_stores(folder)['database_url']).query['host']))}/.s.PGSQL.5432"


def _carrier(simulator: SimulatorProcess) -> Address:
    return "127.0.0.1", urlsplit(simulator.url).port or 0


def _loopback(between: Network, name: str) -> str:
    return f"http://127.0.0.1:{between.port(name)}"
