"""The files for Kubernetes: its API would take them, secrets come from files, and a stop cuts nothing off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import promql_parser
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from orchestrator.settings import Settings
from tests.support.promql import asked_by, exposed, grouped_by
from tests.support.scaled_object import ScaledObject

ROOT = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes"
_yaml = YAML(typ="safe")


def _read(file: Path) -> list[dict[str, Any]]:
    return list(_yaml.load_all(file))


FILES = sorted(file for file in ROOT.glob("*/*.yaml") if file.name != "kustomization.yaml")
THINGS = [(f"{file.parent.name}/{file.name}/{thing['kind']}", thing) for file in FILES for thing in _read(file)]
OURS = {name: thing for name, thing in THINGS if not thing["apiVersion"].startswith("keda.sh/")}
SCALERS = [thing for _, thing in THINGS if thing["kind"] == "ScaledObject"]
RUNNING = {name: thing for name, thing in OURS.items() if thing["kind"] in ("Deployment", "Job")}


def _container(thing: dict[str, Any]) -> dict[str, Any]:
    return dict(thing["spec"]["template"]["spec"]["containers"][0])


@pytest.mark.parametrize("version", ["1.28", "1.33"])
@pytest.mark.parametrize("name", OURS)
def test_the_api_of_kubernetes_would_take_it(name: str, version: str) -> None:
    kubernetes_validate.validate(OURS[name], version, strict=True)


def test_every_file_is_part_of_a_kustomization() -> None:
    for folder in ("base", "keda"):
        [kustomization] = _read(ROOT / folder / "kustomization.yaml")
        files = {file.name for file in FILES if file.parent.name == folder}
        assert files == {each for each in kustomization["resources"] if each.endswith(".yaml")}


@pytest.mark.parametrize("name", RUNNING)
def test_secrets_come_from_files_alone_and_name_settings(name: str) -> None:
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    env = {each["name"]: each["value"] for each in _container(RUNNING[name])["env"]}

    assert set(env) >= {"TELNYX_API_KEY_FILE", "ORCHESTRATOR_API_KEY_FILE", "ORCHESTRATOR_DATABASE_URL_FILE"}
    assert all(key.removesuffix("_FILE") in known and value.startswith("/secrets/") for key, value in env.items())
    [config] = [thing for thing in OURS.values() if thing["kind"] == "ConfigMap"]
    assert set(config["data"]) <= known


@pytest.mark.parametrize("name", RUNNING)
def test_a_container_may_do_nothing_but_its_work(name: str) -> None:
    pod, container = RUNNING[name]["spec"]["template"]["spec"], _container(RUNNING[name])
    guard = container["securityContext"]

    assert guard["readOnlyRootFilesystem"] and not guard["allowPrivilegeEscalation"]
    assert guard["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False
    assert pod["terminationGracePeriodSeconds"] >= 30  # a worker takes up to 25 s to write what the carrier answered


def test_whatever_serves_is_probed_and_kept_from_being_evicted_all_at_once() -> None:
    kept = {thing["metadata"]["name"] for thing in OURS.values() if thing["kind"] == "PodDisruptionBudget"}
    deployments = {thing["metadata"]["name"]: thing for thing in OURS.values() if thing["kind"] == "Deployment"}

    assert kept == set(deployments)
    assert all("livenessProbe" in _container(thing) and thing["spec"]["replicas"] > 1 for thing in deployments.values())


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: scaler["metadata"]["name"])
def test_the_api_of_keda_would_take_a_scaler_as_it_stands_and_nothing_misspelled(scaler: dict[str, Any]) -> None:
    ScaledObject.model_validate(scaler)
    misspelled = {**scaler, "spec": {**scaler["spec"], "maxReplicas": 5}}

    with pytest.raises(ValidationError, match=r"spec\.maxReplicas"):
        ScaledObject.model_validate(misspelled)


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: scaler["metadata"]["name"])
def test_a_scaler_takes_no_worker_away_in_a_pause_of_a_campaign_or_without_an_answer(scaler: dict[str, Any]) -> None:
    behavior = scaler["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]

    assert 300 < behavior["scaleDown"]["stabilizationWindowSeconds"] <= 3600  # the default, and the most that is taken
    assert "cooldownPeriod" not in scaler["spec"]  # holds for the step from one to none, which is never taken here
    assert scaler["spec"]["minReplicaCount"] > 1
    for trigger in scaler["spec"]["triggers"]:
        assert trigger["metadata"]["ignoreNullValues"] == "false"


def test_scalers_scale_what_exists_by_metrics_that_exist() -> None:
    deployments = {thing["metadata"]["name"] for thing in OURS.values() if thing["kind"] == "Deployment"}

    for scaler in SCALERS:
        assert scaler["spec"]["scaleTargetRef"]["name"] in deployments
        assert scaler["spec"]["minReplicaCount"] <= scaler["spec"]["maxReplicaCount"]
        for trigger in scaler["spec"]["triggers"]:
            assert float(trigger["metadata"]["threshold"]) > 0
            _gives_one_number_of_metrics_that_exist(trigger["metadata"]["query"])
    scaled = {scaler["spec"]["scaleTargetRef"]["name"] for scaler in SCALERS}
    assert scaled == {"engine", "worker-commands", "worker-dials"}


def _gives_one_number_of_metrics_that_exist(query: str) -> None:
    """Hold a query against what KEDA asks of it: one value, of metrics and labels that we expose."""
    parsed, names = promql_parser.parse(query), exposed()
    aggregated = parsed.lhs if isinstance(parsed, promql_parser.BinaryExpr) else parsed
    assert isinstance(aggregated, promql_parser.AggregateExpr) and not grouped_by(query)
    assert asked_by(query)
    for asked in asked_by(query):
        assert asked.metric in names and set(asked.matchers) <= names[asked.metric]
