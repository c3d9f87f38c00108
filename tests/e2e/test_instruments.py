"""What an operator sees of a running stack: its metrics, and its logs, which name nobody."""

from __future__ import annotations

import requests
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.model.metric import Metric
from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import API_KEY, CALLER_ID, CARRIER_KEY, StackRun


def counted(stack: StackRun, metric: Metric, **labels: str) -> float:
    """Return the sum of a counter over the series with these labels."""
    text = requests.get(f"http://127.0.0.1:{stack.port}/metrics", timeout=10).text
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
    eventually(lambda: counted(stack, Metric.CALLS_ENDED) == ended + calls, within=30)
    requests_made = simulator.summary()["counters"]["dial_requests"] - requested
    eventually(lambda: counted(stack, Metric.DIALS) == dialed + requests_made, within=30)
    logs = {path.name: path.read_text(errors="replace") for path in (stack.folder / "logs").glob("*.log*")}
    assert {"api.log", "engine.log", "dials.log", "commands.log", "webhooks.log"} <= set(logs)
    secrets = [*(n.removeprefix("+1") for n in campaign.numbers), CALLER_ID, "Ada", "Monday at 9", API_KEY, CARRIER_KEY]
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []
    assert "/v1/campaigns/{campaign_id}/start 200" in logs["api.log"] and campaign.id in logs["api.log"]
