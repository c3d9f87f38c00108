"""The profile `monitoring`, as far as its images can be had: what Prometheus reads, and what Grafana shows of it."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from typing import Any

import requests
from ruamel.yaml import YAML

from tests.compose.claims import claim, eventually, say
from tests.compose.containers import GRAFANA_PASSWORD, PORTS, ROOT, Containers

_DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "call-orchestrator.json").read_text())
_SHOWN = [target["expr"] for panel in _DASHBOARD["panels"] for target in panel["targets"]]
_SCALERS = YAML(typ="safe").load_all((ROOT / "deploy" / "kubernetes" / "keda" / "scalers.yaml").read_text())
_SCALED_BY = [trigger["metadata"]["query"] for scaler in _SCALERS for trigger in scaler["spec"]["triggers"]]
_PROMETHEUS = f"http://127.0.0.1:{PORTS['PROMETHEUS_PORT']}/api/v1"
_GRAFANA = f"http://127.0.0.1:{PORTS['GRAFANA_PORT']}/api"
_PULL_S = 300


def watch(containers: Containers) -> None:
    """Start Prometheus and Grafana, each if its image can be had, and look at what they know of the running stack."""
    if _is_started(containers, "prometheus"):
        _check_prometheus()
    if _is_started(containers, "grafana"):
        _check_grafana()


def _is_started(containers: Containers, service: str) -> bool:
    image = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())["services"][service]["image"]
    if not (_runs("image", "inspect", image) or _runs("pull", "--quiet", image)):
        say(f"NOT RUN: {service}, for the image {image} can be had from nowhere")
        return False
    containers.run(f"{service} up", "up", "-d", "--no-deps", service)
    return True


def _runs(*words: str) -> bool:
    try:
        done = subprocess.run(["docker", *words], capture_output=True, check=False, timeout=_PULL_S)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _check_prometheus() -> None:
    ours = 'up{job="orchestrator"} == 1 and on () orchestrator_build_info'
    eventually(partial(_values, ours), lambda values: len(values) == 1, seconds=120)
    rules = _ask(_PROMETHEUS, "rules")["data"]["groups"][0]["rules"]
    written = YAML(typ="safe").load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    claim([rule["name"] for rule in rules] == [rule["alert"] for rule in written], f"other rules: {rules}")
    eventually(_sick_rules, lambda sick: not sick, seconds=60)
    for expression in _SHOWN:
        claim(_values(expression) is not None, f"the dashboard asks what cannot be answered: {expression}")
    for query in _SCALED_BY:
        claim(len(_values(query)) == 1, f"a scaler asks for one number: {query} is {_values(query)}")
    say(f"Prometheus reads the API: {len(rules)} rules, {len(_SHOWN)} expressions, {len(_SCALED_BY)} scalers answered")


def _sick_rules() -> list[str]:
    rules = _ask(_PROMETHEUS, "rules")["data"]["groups"][0]["rules"]
    return [rule["name"] for rule in rules if rule["health"] != "ok"]


def _values(query: str) -> Any:
    answer = _ask(_PROMETHEUS, "query", query=query)
    return answer["data"]["result"] if answer.get("status") == "success" else None


def _check_grafana() -> None:
    eventually(lambda: _ask(_GRAFANA, "health").get("database"), lambda state: state == "ok", seconds=120)
    shown = _ask(_GRAFANA, f"dashboards/uid/{_DASHBOARD['uid']}")
    claim(len(shown["dashboard"]["panels"]) == len(_DASHBOARD["panels"]), f"another dashboard: {shown}")
    through = eventually(
        lambda: _ask(_GRAFANA, "datasources/proxy/uid/prometheus/api/v1/query", query="orchestrator_build_info"),
        lambda answer: answer.get("status") == "success",
        seconds=60,
    )
    claim(len(through["data"]["result"]) == 1, f"Grafana sees no API through Prometheus: {through}")
    say("Grafana shows the dashboard and reaches Prometheus")


def _ask(api: str, path: str, **query: str) -> Any:
    try:
        answer = requests.get(f"{api}/{path}", params=query, timeout=30, auth=("admin", GRAFANA_PASSWORD))
        return answer.json()
    except requests.RequestException as err:
        return {"error": str(err)}
