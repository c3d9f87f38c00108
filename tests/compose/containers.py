"""The containers of this project's docker-compose.yml: started, scaled, stopped, looked at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from orchestrator.local_stack.ports import free_port
from orchestrator.published_secrets import PUBLISHED
from tests.compose.claims import claim, eventually, say

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {
    *("valkey", "postgres", "migrate", "api", "webhooks", "worker-commands", "worker-dials", "engine"),
    *("flower", "simulator", "media"),
}
_PORTS = (
    *("API_PORT", "WEBHOOKS_PORT", "FLOWER_PORT", "SIMULATOR_PORT", "MEDIA_PORT", "MEDIA_UDP_PORT"),
    *("PROMETHEUS_PORT", "GRAFANA_PORT"),
)
PORTS = {name: str(free_port()) for name in _PORTS}
GRAFANA_PASSWORD = "of-the-compose-test"
_ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in PUBLISHED},
    **PORTS,
    "COMPOSE_PROJECT_NAME": "orchestrator-compose-test",
    "SIMULATOR_TIME_SCALE": "8",
    "ORCHESTRATOR_MEDIA_URL": "ws://media:8000",
    "GRAFANA_PASSWORD": GRAFANA_PASSWORD,
}
_PROFILES = ("simulator", "media", "monitoring")
_KILLED = 137


def find_compose() -> list[str]:
    """Return the words that run compose with every profile; end the test where there is none."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    if not plugin and not shutil.which("docker-compose"):
        sys.exit("compose-test needs Docker with `docker compose` or docker-compose")
    words = ["docker", "compose"] if plugin else ["docker-compose"]
    return [*words, *(word for profile in _PROFILES for word in ("--profile", profile))]


class Containers:
    """All services, each with as many containers as it was scaled to."""

    def __init__(self) -> None:
        self._compose, self._scales = find_compose(), dict[str, int]()

    def ask(self, *words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run compose with these words, whatever comes of it; `typed` is its standard input."""
        command = [*self._compose, *words]
        return subprocess.run(
            command, env=_ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False, input=typed
        )

    def run(self, what: str, *words: str) -> str:
        """Run compose with these words, say how long it took, and return what it prints."""
        started = monotonic()
        done = self.ask(*words)
        claim(done.returncode == 0, f"{what}: {done.stdout}{done.stderr}")
        say(f"{what}: {monotonic() - started:.0f} s")
        return done.stdout

    def start(self, what: str, **scales: int) -> None:
        """Start everything that is not running, at these scales, and return once it is healthy."""
        self._scales |= {name.replace("_", "-"): count for name, count in scales.items()}
        self.run(what, "up", "-d", *(f"--scale={name}={count}" for name, count in self._scales.items()), *SERVICES)
        started = monotonic()
        states = eventually(self._states, self._are_healthy, seconds=300)
        count = sum(len(found) for name, found in states.items() if name != "migrate")
        say(f"{count} containers healthy: {monotonic() - started:.0f} s")

    def stop(self, *but: str) -> None:
        """Stop everything but these with SIGTERM; fail if one had to be killed after its period of grace."""
        names = sorted(SERVICES - {"migrate", *but})
        self.run("stop", "stop", *names)
        killed = [name for name, state in self._inspected() if name in names and state["ExitCode"] == _KILLED]
        claim(not killed, f"had to be killed: {killed}")

    def remove(self) -> None:
        """Remove containers, networks and volumes."""
        self.run("down", "down", "--volumes", "--remove-orphans", "--timeout=20")

    def show(self) -> None:
        """Print what is needed to understand a failure."""
        for words in (["ps", "-a"], ["logs", "--no-color", "--tail=60"]):
            say(self.ask(*words).stdout)

    def _are_healthy(self, states: dict[str, list[str]]) -> bool:
        all_well = {state for found in states.values() for state in found} <= {"healthy", "done"}
        return all_well and all(len(states.get(name, ())) == self._scales.get(name, 1) for name in SERVICES)

    def _states(self) -> dict[str, list[str]]:
        states: dict[str, list[str]] = {}
        for name, state in self._inspected():
            if name == "migrate":
                is_done = state["Status"] == "exited" and state["ExitCode"] == 0
                states[name] = ["done" if is_done else state["Status"]]
            elif name in SERVICES:
                states.setdefault(name, []).append(state["Health"]["Status"] if state["Running"] else state["Status"])
        return states

    def _inspected(self) -> list[tuple[str, dict[str, Any]]]:
        ids = self.ask("ps", "-a", "-q").stdout.split()
        inspected = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True)
        found = json.loads(inspected.stdout)
        return [(each["Config"]["Labels"]["com.docker.compose.service"], each["State"]) for each in found]
