"""Runs a campaign on docker compose, one with everything scaled, and holds our account against the carrier's.

`make compose-test`; needs Docker with `docker compose` or docker-compose. Everything it starts is removed again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

import requests

from orchestrator.local_stack.ports import free_port
from orchestrator.published_secrets import PUBLISHED

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
FLOW = ROOT / "orchestrator" / "flow" / "samples" / "appointment.yaml"
PROJECT = "orchestrator-compose-test"
SERVICES = {
    *("valkey", "postgres", "migrate", "api", "webhooks", "worker-commands", "worker-dials", "engine"),
    *("flower", "simulator", "media"),
}
SCALES = {"worker-commands": 3, "worker-dials": 2, "engine": 2}
CONTACTS = 100
LIVING = ("waiting", "held", "calling")
_PORTS = ("API_PORT", "WEBHOOKS_PORT", "FLOWER_PORT", "SIMULATOR_PORT", "MEDIA_PORT", "MEDIA_UDP_PORT")
PORTS = {name: str(free_port()) for name in _PORTS}
KEY = PUBLISHED["ORCHESTRATOR_API_KEY"]  # with the simulator no secret need be set
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in PUBLISHED},
    **PORTS,
    "COMPOSE_PROJECT_NAME": PROJECT,
    "SIMULATOR_TIME_SCALE": "8",
    "ORCHESTRATOR_MEDIA_URL": "ws://media:8000",
}
API = f"http://127.0.0.1:{PORTS['API_PORT']}/v1"
LEDGER = f"http://127.0.0.1:{PORTS['SIMULATOR_PORT']}/ledger"


def main() -> None:
    """Run both campaigns; exit status 0 when both accounts agree."""
    compose = _compose()
    try:
        _run("build", compose, "build")
        _refused_where_calls_are_real(compose)
        _run("up", compose, "up", "-d")
        _until_healthy(compose, {})
        _campaign(area=202)
        _sound()
        _run("scaled up", compose, "up", "-d", *(f"--scale={name}={count}" for name, count in SCALES.items()))
        _until_healthy(compose, SCALES)
        _campaign(area=415)
    except BaseException:
        subprocess.run([*compose, "ps"], env=ENVIRONMENT, cwd=ROOT, check=False)
        subprocess.run([*compose, "logs", "--no-color", "--tail=60"], env=ENVIRONMENT, cwd=ROOT, check=False)
        raise
    finally:
        _run("down", compose, "down", "--volumes", "--remove-orphans", "--timeout=20")
    print("3 passed, 0 failed")


def _compose() -> list[str]:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    if not plugin and not shutil.which("docker-compose"):
        sys.exit("compose-test needs Docker with `docker compose` or docker-compose")
    return [*(["docker", "compose"] if plugin else ["docker-compose"]), "--profile", "simulator", "--profile", "media"]


def _run(what: str, compose: list[str], *words: str) -> str:
    started = monotonic()
    done = subprocess.run([*compose, *words], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stdout}{done.stderr}")
    _say(f"{what}: {monotonic() - started:.0f} s")
    return done.stdout


def _refused_where_calls_are_real(compose: list[str]) -> None:
    """Start what runs first with another carrier than the simulator: it must name every secret that was not set."""
    words = ["run", "--rm", "--no-deps", "-e", "TELNYX_BASE_URL=https://api.telnyx.com/v2", "migrate"]
    done = subprocess.run([*compose, *words], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False)
    _claim(done.returncode == 1, f"published secrets were taken: {done.stdout}{done.stderr}")
    unnamed = [name for name in PUBLISHED if name not in done.stdout + done.stderr]
    _claim(not unnamed, f"not refused: {unnamed}: {done.stdout}{done.stderr}")
    _say("published secrets are refused where calls are real")


def _until_healthy(compose: list[str], scales: dict[str, int]) -> None:
    started = monotonic()
    states = _eventually(lambda: _states(compose), lambda states: _are_healthy(states, scales), seconds=180)
    count = sum(len(found) for name, found in states.items() if name != "migrate")
    _say(f"{count} containers healthy: {monotonic() - started:.0f} s")


def _are_healthy(states: dict[str, list[str]], scales: dict[str, int]) -> bool:
    all_well = {state for found in states.values() for state in found} <= {"healthy", "done"}
    return all_well and set(states) == SERVICES and all(len(states[name]) == scales.get(name, 1) for name in states)


def _states(compose: list[str]) -> dict[str, list[str]]:
    ids = subprocess.run(
        [*compose, "ps", "-a", "-q"], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=True
    )
    inspected = subprocess.run(["docker", "inspect", *ids.stdout.split()], capture_output=True, text=True, check=True)
    states: dict[str, list[str]] = {}
    for container in json.loads(inspected.stdout):
        name, state = container["Config"]["Labels"]["com.docker.compose.service"], container["State"]
        if name == "migrate":
            is_done = state["Status"] == "exited" and state["ExitCode"] == 0
            states[name] = ["done" if is_done else state["Status"]]
        else:
            states.setdefault(name, []).append(state["Health"]["Status"] if state["Running"] else state["Status"])
    return states


def _campaign(*, area: int) -> None:
    started = monotonic()
    with requests.Session() as rest:
        rest.headers["Authorization"] = f"Bearer {KEY}"
        campaign = _start_campaign(rest, area=area)
        stats = _until_over(rest, campaign)
        _hold_against_the_ledger(_calls(rest, campaign), area=area)
    contacts = {name: count for name, count in stats["contacts"].items() if count}
    _say(f"campaign over: {monotonic() - started:.0f} s, contacts {contacts}, calls {stats['calls']['by_disposition']}")


def _start_campaign(rest: requests.Session, *, area: int) -> str:
    flow = _post(rest, "/flows", data=FLOW.read_bytes(), headers={"Content-Type": "application/yaml"})
    campaign = _post(
        rest,
        "/campaigns",
        json={
            "name": f"compose {area}",
            "flow": flow["id"],
            "caller_ids": ["+13125550100"],
            "pacing": {"calls_per_second": 20, "max_live_calls": 100},
            "calling_hours": {"always": True, "because": _BECAUSE},
            "law": {"mode": "off", "because": _BECAUSE},
            "guards": {name: {"pause": None, "because": _BECAUSE} for name in ("abandon", "opt_outs")},
            "retry": {"max_attempts": 2, "on": {"busy": {"after": "3s"}, "no_answer": {"after": "3s"}}},
            "number_gap": "1s",
        },
    )
    people = [{"phone": f"+1{area}55501{line:02d}", "variables": _VARIABLES} for line in range(CONTACTS)]
    added = _post(rest, f"/campaigns/{campaign['id']}/contacts", json={"contacts": people})
    _claim(added["accepted"] == CONTACTS, f"contacts accepted: {added}")
    _post(rest, f"/campaigns/{campaign['id']}/start", json={})
    return str(campaign["id"])


_BECAUSE = "a test: nobody is called but the simulator"
_VARIABLES = {"first_name": "Ada", "appointment": "Monday at 9"}


def _sound() -> None:
    """Stream one call to the media container, and read from the API what was captured."""
    started = monotonic()
    with requests.Session() as rest:
        rest.headers.update({"Authorization": f"Bearer {KEY}", "Idempotency-Key": "sound"})
        person = next(call["to"] for call in _get(rest, "/calls", outcome="confirmed")["data"])
        whom = {"to": person, "from": "+13125550100", "ignore_hours": True, "because": _BECAUSE}
        call = f"/calls/{_post(rest, '/calls', json=whom)['id']}"
        del rest.headers["Idempotency-Key"]
        _eventually(lambda: _get(rest, call), lambda told: bool(told["answered_at"]), seconds=60)
        body = {"stream_url": _get(rest, f"{call}/media")["stream_url"], "stream_track": "both_tracks"}
        _post(rest, f"{call}/actions/streaming_start", json=body)
        _eventually(lambda: _get(rest, f"{call}/media")["data"], lambda found: len(found) == 2, seconds=60)
        _post(rest, f"{call}/actions/hangup", json={})
        both = _eventually(lambda: _get(rest, f"{call}/media")["data"], _are_complete, seconds=60)
        sizes = [len(rest.get(f"{API}{call}/media/{capture['file']}", timeout=30).content) for capture in both]
    _claim(all(size > 8_000 for size in sizes), f"hardly any sound: {sizes} bytes")
    _say(f"a call's sound captured: {monotonic() - started:.0f} s, {sizes} bytes")


def _are_complete(captures: list[dict[str, Any]]) -> bool:
    return all(capture["is_complete"] for capture in captures)


def _until_over(rest: requests.Session, campaign: str) -> dict[str, Any]:
    look = f"/campaigns/{campaign}/stats"
    stats = _eventually(lambda: _get(rest, look), lambda stats: bool(stats["status"] == "completed"), seconds=180)
    contacts = stats["contacts"]
    _claim(not any(contacts[state] for state in LIVING), f"contacts without a final state: {contacts}")
    _claim(contacts["unknown"] == 0, f"contacts whose call nobody knows: {contacts}")
    return dict(stats)


def _calls(rest: requests.Session, campaign: str) -> list[dict[str, Any]]:
    calls, cursor = list[dict[str, Any]](), None
    while True:
        page = _get(rest, "/calls", campaign_id=campaign, limit=500, **({"cursor": cursor} if cursor else {}))
        calls += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return calls


def _hold_against_the_ledger(calls: list[dict[str, Any]], *, area: int) -> None:
    ours = Counter(call["to"] for call in calls if call["status"] != "withdrawn")
    ledger = requests.get(LEDGER, timeout=30).json()
    theirs = Counter({to: n for to, n in ledger["calls_by_number"].items() if to.startswith(f"+1{area}")})
    _claim(len(ours) == CONTACTS, f"{len(ours)} numbers were dialed")
    _claim(ours == theirs, f"accounts differ: ours more {ours - theirs}, the carrier's more {theirs - ours}")
    _say(f"accounts agree: {ours.total()} dials of {len(ours)} numbers, none more than {max(ours.values())} times")


def _post(rest: requests.Session, path: str, **body: Any) -> Any:
    return _answer(rest.post(f"{API}{path}", timeout=30, **body))


def _get(rest: requests.Session, path: str, **query: Any) -> Any:
    return _answer(rest.get(f"{API}{path}", params=query, timeout=30))


def _answer(response: requests.Response) -> Any:
    _claim(response.ok, f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    return response.json()


def _eventually(look: Callable[[], T], is_good: Callable[[T], bool], *, seconds: float) -> T:
    """Look twice a second until what is seen is good, and return it; fail with the last sight when time is over."""
    deadline, pause = monotonic() + seconds, Event()
    while not is_good(seen := look()):
        _claim(monotonic() < deadline, f"still after {seconds:g} s: {seen}")
        pause.wait(0.5)
    return seen


def _claim(is_true: bool, otherwise: str) -> None:
    if not is_true:
        raise SystemExit(otherwise)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
