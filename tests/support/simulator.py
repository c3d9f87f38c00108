"""A simulator process on a free port, for the duration of a test."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_ROOT = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"http://\S+")
_START_S = 120.0
_ANY_KEY = "KEYany"
_STOP_S = 5.0


@dataclass(frozen=True)
class SimulatorProcess:
    """One running simulator; `url` is its address without /v2, `public_key` verifies its webhooks."""

    url: str
    public_key: str
    api_key: str
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        """The address the carrier's API lies under."""
        return f"{self.url}/v2"

    def ledger(self, *, since: int = 0) -> dict[str, Any]:
        """Return the simulator's ledger."""
        return self._get(f"/ledger?since={since}")

    def summary(self) -> dict[str, Any]:
        """Return only the totals of the ledger."""
        return self._get("/ledger?summary=1")

    def set_faults(self, **faults: Any) -> None:
        """Replace the injected faults; without any, remove them all."""
        self._post("/faults", faults)

    def override_resources(self, **overrides: Any) -> None:
        """Replace the overrides of the account's application, profile and numbers; without any, remove them all."""
        self._post("/arrangements", overrides)

    def control(self, **switches: Any) -> dict[str, Any]:
        """Change switches: down, refuse_for_s, hold_webhooks, clock_skew_s, channels, dials_per_5s."""
        return self._post("/control", switches)

    def callee(self, call_control_id: str, *, press: str = "", hang_up: bool = False) -> dict[str, Any]:
        """Make the callee of a live leg press keys or hang up now."""
        return self._post(f"/callees/{call_control_id}", {"press": press, "hang_up": hang_up})

    def call_in(self, *, caller: str, to: str, **fields: Any) -> str:
        """Place an incoming call and return its call_control_id."""
        return str(self._post("/inbound", {"from": caller, "to": to, **fields})["call_control_id"])

    def listens(self) -> bool:
        """Say whether connections to it are taken."""
        try:
            return bool(self.summary())
        except requests.ConnectionError:
            return False

    def stop(self, *, sig: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(timeout=_STOP_S)

    def _get(self, path: str) -> dict[str, Any]:
        answer = requests.get(self.url + path, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = requests.post(self.url + path, json=dict(body), timeout=30)
        answer.raise_for_status()
        return dict(answer.json())


def start_simulator(
    *,
    webhook_url: str | None = None,
    time_scale: float = 50.0,
    seed: int = 1,
    faults: Mapping[str, Any] | None = None,
    api_key: str | None = "KEYtest",
    port: int = 0,
    **options: Any,
) -> SimulatorProcess:
    """Start a simulator and wait until it listens; options as on its command line, True for a flag."""
    arguments = {"port": port, "time_scale": time_scale, "seed": seed, "api_key": api_key, **options}
    if webhook_url is not None:
        arguments["webhook_url"] = webhook_url
    if faults:
        arguments["faults"] = json.dumps(faults)
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *_spelled(arguments)], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    url = _address(process)
    key = requests.get(f"{url}/v2/public_key", headers={"Authorization": f"Bearer {api_key or _ANY_KEY}"}, timeout=30)
    public = key.json()["data"]["public"]
    return SimulatorProcess(url=url, public_key=public, api_key=api_key or _ANY_KEY, process=process)


@contextmanager
def simulator(**options: Any) -> Iterator[SimulatorProcess]:
    """Start a simulator and stop it at the end of the block."""
    running = start_simulator(**options)
    try:
        yield running
    finally:
        running.stop()
        if running.process.stdout is not None:
            running.process.stdout.close()


def _spelled(arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            yield option
        elif value is not None and value is not False:
            yield from (option, str(value))


def _address(process: subprocess.Popen[str]) -> str:
    guard = threading.Timer(_START_S, process.kill)
    guard.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
    finally:
        guard.cancel()
    found = _ADDRESS.search(line)
    if found is None:
        process.kill()
        raise RuntimeError(f"the simulator did not start: {line!r}, exit status {process.wait()}")
    return found[0]
