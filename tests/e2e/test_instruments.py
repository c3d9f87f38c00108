"""What an operator sees of a running stack: its metrics, and its logs, which name nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.local_stack.ports import free_port
from orchestrator.model.metric import Metric
from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually
from tests.support.promql import asked_by
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import API_KEY, CALLER_ID, CARRIER_KEY, StackRun, stack_and_simulator

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "call-orchestrator.json").read_text())
SHOWN = {target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]}
# Series that exist while there is something to count, or after a fault.
NOT_ALWAYS = {
    "orchestrator_loop_failures_total",
    "orchestrator_carrier_errors_total",
    "orchestrator_campaigns_paused_by_guard",
    "orchestrator_campaigns",
    "orchestrator_calls_open",
    "orchestrator_contacts_open",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    """Start a stack of this file's own: on that of the others, calls of an earlier test may still be counted."""
    with stack_and_simulator(tmp_path_factory.mktemp("stack") / "data") as pair:
        yield pair


def counted(stack: StackRun, metric: Metric, **labels: str) -> float:
    """Return the sum of a counter over the series with these labels."""
    text = requests.get(f"http://127.0.0.1:{stack.port}/metrics", timeout=30).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(s.value for s in samples if s.name == metric and labels.items() <= s.labels.items())


def test_metrics_count_each_dial_and_end_once_and_logs_name_nobody(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    dialed, ended = counted(stack, Metric.DIALS), counted(stack, Metric.CALLS_ENDED)
    requested = simulator.summary()["counters"].get("dial_requests", 0)
    campaign = CampaignRun(stack, 60, name="Reminders for Ada Lovelace")

    campaign.act("start")
    campaign.wait_until_completed()

    calls = len(campaign.calls())
    eventually(lambda: counted(stack, Metric.CALLS_ENDED) == ended + calls, within=60)
    requests_made = simulator.summary()["counters"]["dial_requests"] - requested
    eventually(lambda: counted(stack, Metric.DIALS) == dialed + requests_made, within=60)
    logs = {path.name: path.read_text(errors="replace") for path in (stack.folder / "logs").glob("*.log*")}
    assert {"api.log", "engine.log", "dials.log", "commands.log", "webhooks.log"} <= set(logs)
    secrets = [*(n.removeprefix("+1") for n in campaign.numbers), CALLER_ID, "Ada", "Monday at 9", API_KEY, CARRIER_KEY]
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []
    assert "/v1/campaigns/{campaign_id}/start 200" in logs["api.log"] and campaign.id in logs["api.log"]


def test_a_running_stack_exposes_what_the_dashboard_shows(stack: StackRun, simulator: SimulatorProcess) -> None:
    campaign = CampaignRun(stack, 5)
    campaign.act("start")
    campaign.wait_until_completed()
    wanted = {asked.metric for expression in SHOWN for asked in asked_by(expression)} - NOT_ALWAYS

    def missing() -> set[str]:
        text = requests.get(f"http://127.0.0.1:{stack.port}/metrics", timeout=30).text
        families = text_string_to_metric_families(text)
        return wanted - {sample.name for family in families for sample in family.samples}

    eventually(lambda: missing() == set(), within=60)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Run Prometheus with our rules against this API, and return its address."""
    program, port = shutil.which("prometheus"), free_port()
    if program is None:
        pytest.skip("Prometheus is not installed (Debian: the package prometheus)")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ROOT / "deploy" / "prometheus" / "alerts.yml")],
        "scrape_configs": [{"job_name": "orchestrator", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    argv = [
        program,
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def asked(api: str, path: str, **params: str) -> Any:
    try:
        answer = requests.get(f"{api}/{path}", params=params, timeout=30)
    except requests.ConnectionError:
        return None
    return answer.json()["data"] if answer.ok else None


def test_prometheus_reads_a_running_stack_and_sees_a_stop_of_dialing(
    stack: StackRun, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    campaign = CampaignRun(stack, 20)
    with prometheus(tmp_path, f"127.0.0.1:{stack.port}") as api:
        eventually(
            lambda: asked(api, "query", query='up{job="orchestrator"} == 1 and on () orchestrator_build_info'),
            within=60,
        )
        stack.rest.post("/v1/dialing/stop", {"reason": "a test"})
        campaign.act("start")

        def stop_is_seen() -> bool:
            found = asked(api, "alerts")
            return bool(found) and "DialingStopped" in {each["labels"]["alertname"] for each in found["alerts"]}

        eventually(stop_is_seen, within=60)
        stack.rest.post("/v1/dialing/resume", {})
        campaign.wait_until_completed()
        rules = asked(api, "rules")["groups"][0]["rules"]
        answered = {expression: asked(api, "query", query=expression) for expression in SHOWN}

    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    assert [expression for expression, data in answered.items() if data is None] == []
