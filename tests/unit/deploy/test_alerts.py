"""Alert rules and the dashboard: each expression asks for what exists, and each alert says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.alert_faults import FAULTS
from tests.support.promql import asked_by, exposed, grouped_by

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = YAML(typ="safe").load(PROMETHEUS / "alerts.yml")["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "call-orchestrator.json").read_text())
_WHOLE = re.MULTILINE | re.DOTALL
ALERTS = {rule["alert"]: rule for rule in RULES}
SHOWN = {target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]}


@pytest.mark.parametrize("expression", sorted({rule["expr"] for rule in RULES} | SHOWN))
def test_an_expression_asks_for_metrics_and_labels_that_exist(expression: str) -> None:
    names, asked = exposed(), asked_by(expression)

    assert asked
    for metric, matchers in asked:
        assert metric in names and set(matchers) <= names[metric], (metric, matchers)
    assert grouped_by(expression) <= set().union(*(names[each.metric] for each in asked))


def test_every_alert_has_a_paragraph_and_every_paragraph_an_alert() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text()
    paragraphs = dict(re.findall(r"^## (\w+)\n\n(.+)$", page, re.MULTILINE))

    assert list(paragraphs) == list(ALERTS)
    assert [name for name, text in paragraphs.items() if "**Do:** " not in text] == []
    assert all(rule["annotations"]["runbook"] == f"docs/alerts.md#{name.lower()}" for name, rule in ALERTS.items())
    assert {rule["labels"]["severity"] for rule in RULES} == {"critical", "warning"}


def test_every_alert_has_a_fault_that_is_provoked_in_a_test() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text()
    proofs = re.findall(r"^\| `(\w+)` \| (.+) \| \[.+\]\(\.\./(.+)\) \|$", page, re.MULTILINE)

    assert [name for name, _, _ in proofs] == list(ALERTS)
    for name, fault, file in proofs:
        [test] = re.findall(rf"^def test_{fault.replace(' ', '_')}\b.*?(?=^def |\Z)", (ROOT / file).read_text(), _WHOLE)
        assert f'"{name}"' in test, name


def test_labels_in_a_summary_are_those_of_its_series() -> None:
    for name, rule in ALERTS.items():
        labels = set().union(*(exposed()[each.metric] for each in asked_by(rule["expr"])))
        kept = grouped_by(rule["expr"]) if " by (" in rule["expr"] else labels
        assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= kept, name


def test_panels_do_not_lie_on_each_other_and_have_a_title() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        columns, rows = (range(place[at], place[at] + place[size]) for at, size in (("x", "w"), ("y", "h")))
        cells = set(product(columns, rows))
        assert panel["title"] and not cells & taken and max(columns) < 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.fixture
def promtool() -> str:
    """Return Prometheus' own checker; Debian has it in the package `prometheus`."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: the package prometheus)")
    return found


def test_prometheus_takes_the_files(promtool: str) -> None:
    for what, file in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        checked = subprocess.run([promtool, "check", what, file], cwd=PROMETHEUS, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_fires_for_its_fault_and_none_of_a_healthy_installation(promtool: str, tmp_path: Path) -> None:
    assert list(FAULTS) == list(ALERTS)
    tests = [_fires(name, series) for name, series in FAULTS.items()] + [_healthy()]
    document = {"rule_files": [str(PROMETHEUS / "alerts.yml")], "evaluation_interval": "15s", "tests": tests}
    (tmp_path / "faults.yml").write_text(json.dumps(document))

    ran = subprocess.run([promtool, "test", "rules", "faults.yml"], cwd=tmp_path, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def _fires(name: str, series: dict[str, str]) -> dict[str, Any]:
    """Return a test that finds an alert of this name by the series in which Prometheus notes those that fire."""
    firing = {"expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})', "eval_time": _moment(name)}
    return {
        "interval": "15s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [firing | {"exp_samples": [{"labels": "{}", "value": 1}]}],
    }


def _moment(name: str) -> str:
    return {"DialingStopped": "65m", "RateLowered": "20m", "CallsUnknown": "15m", "WebhooksUnmatched": "20m"}.get(
        name, "9m"
    )


def _healthy() -> dict[str, Any]:
    calm = {
        'orchestrator_build_info{version="1"}': "1x400",
        'orchestrator_store_up{store="redis"}': "1x400",
        'orchestrator_loop_step_seconds_count{loop="dispatch"}': "0+100x400",
        'orchestrator_loop_failures_total{loop="ended"}': "3x400",
        'orchestrator_stream_oldest_entry_seconds{stream="events"}': "0x400",
        'orchestrator_stream_oldest_entry_seconds{stream="ended"}': "5x400",
        'orchestrator_queued_calls{queue="dials"}': "60x400",
        'orchestrator_queued_calls{queue="commands"}': "15x400",
        'orchestrator_commands_total{answer="accepted"}': "0+200x400",
        "orchestrator_dispatch_open": "1x400",
        "orchestrator_dialing_stopped": "0x400",
        'orchestrator_dials_total{answer="accepted"}': "0+100x400",
        'orchestrator_dials_total{answer="busy"}': "0+2x400",
        'orchestrator_dials_total{answer="refused"}': "1x400",
        'orchestrator_dial_rate_limit{limit="set"}': "29x400",
        'orchestrator_webhooks_total{result="put_off"}': "9x400",
        'orchestrator_webhooks_total{result="taken"}': "0+400x400",
        "orchestrator_dead_letters": "0x400",
    }
    silent = {"expr": 'ALERTS{alertstate="firing"}', "eval_time": "90m", "exp_samples": []}
    series = [{"series": each, "values": values} for each, values in calm.items()]
    return {"interval": "15s", "input_series": series, "promql_expr_test": [silent]}
