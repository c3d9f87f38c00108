"""The profile `monitoring` of docker-compose.yml: what its files name is there, and is mounted where they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]


def _read(path: str) -> Any:
    return YAML(typ="safe").load((ROOT / path).read_text())


SERVICES: dict[str, dict[str, Any]] = _read("docker-compose.yml")["services"]
PROMETHEUS = _read("deploy/prometheus/prometheus.yml")
[DATASOURCE] = _read("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
[PROVIDER] = _read("deploy/grafana/provisioning/dashboards/files.yml")["providers"]


def _mounts(service: str) -> dict[str, str]:
    """Return what of this repository a service sees: the path in the container, to the path here."""
    mounts = [volume.split(":") for volume in SERVICES[service]["volumes"] if volume.startswith("./")]
    return {inside: outside.removeprefix("./") for outside, inside, _ in mounts}


def _as_files_here(service: str, inside: str) -> Path:
    """Return the file or folder here that a service sees under a path."""
    [(mounted, outside)] = [each for each in _mounts(service).items() if Path(inside).is_relative_to(each[0])]
    return ROOT / outside / Path(inside).relative_to(mounted)


@pytest.mark.parametrize("target", [each for job in PROMETHEUS["scrape_configs"] for each in job["static_configs"]])
def test_prometheus_reads_a_service_at_the_port_at_which_it_listens(target: dict[str, list[str]]) -> None:
    for address in target["targets"]:
        host, port = address.split(":")
        words = SERVICES[host]["command"]
        assert words[words.index("--port") + 1] == port
        assert "serve" in words and "--only" not in words  # the webhook receiver has no metrics


def test_prometheus_finds_its_configuration_its_rules_and_a_place_that_is_kept() -> None:
    options = dict(word.removeprefix("--").split("=") for word in SERVICES["prometheus"]["command"])
    config = _as_files_here("prometheus", options["config.file"])

    assert config.is_file()
    assert [rules for rules in PROMETHEUS["rule_files"] if not (config.parent / rules).is_file()] == []
    assert f"prometheus:{options['storage.tsdb.path']}" in SERVICES["prometheus"]["volumes"]


def test_grafana_finds_its_datasource_and_its_dashboards() -> None:
    scheme, host, port = DATASOURCE["url"].split(":")

    assert (scheme, host) == ("http", "//prometheus")
    assert SERVICES["prometheus"]["ports"][0].endswith(f":{port}")
    assert _as_files_here("grafana", "/etc/grafana/provisioning") == ROOT / "deploy" / "grafana" / "provisioning"
    assert list(_as_files_here("grafana", PROVIDER["options"]["path"]).glob("*.json"))


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_what_watches_is_seen_from_this_machine_alone_and_kept_over_a_restart(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])
    assert SERVICES[service]["profiles"] == ["monitoring"]
    [kept] = [volume for volume in SERVICES[service]["volumes"] if not volume.startswith("./")]
    assert kept.split(":")[0] in _read("docker-compose.yml")["volumes"]
