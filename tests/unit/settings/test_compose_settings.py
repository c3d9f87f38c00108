"""Whatever can be set for a process can be set for a container: the compose file passes every setting on."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from orchestrator.settings import HttpBounds, Settings

_FILE = Path(__file__).resolve().parents[3] / "docker-compose.yml"
_PASSED: dict[str, Any] = YAML(typ="safe").load(_FILE.read_text())["x-with-flower"]
# Of the command line alone; set in the image.
_ELSEWHERE = {"ORCHESTRATOR_API_URL", "ORCHESTRATOR_HEARTBEAT_DIR"}
_BOUNDS = [f"{HttpBounds.model_config['env_prefix']}{name.upper()}" for name in HttpBounds.model_fields]
_NAMED = [str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias]


@pytest.mark.parametrize("variable", sorted({*_BOUNDS, *_NAMED} - _ELSEWHERE))
def test_the_compose_file_passes_every_setting_on(variable: str) -> None:
    assert variable in _PASSED


@pytest.mark.parametrize("variable", _BOUNDS)
def test_a_bound_that_is_not_set_keeps_the_default_of_the_program(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _PASSED[variable] == f"${{{variable}:-}}"
    monkeypatch.setenv(variable, "")

    assert Settings().http == HttpBounds.model_construct()


def test_what_is_opentelemetrys_own_is_passed_on_only_if_it_is_set() -> None:
    names = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG")

    assert [_PASSED[name] for name in names] == [None, None, None]  # it takes an empty sampler for a wrong one


def test_a_bound_that_is_set_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_HTTP_CONNECTIONS", "64")

    assert Settings().http.connections == 64


def test_grafana_does_not_start_with_the_password_that_everybody_knows() -> None:
    grafana = YAML(typ="safe").load(_FILE.read_text())["services"]["grafana"]
    shell, flag, script = grafana["entrypoint"]

    ran = subprocess.run(
        [shell, flag, script.replace("$$", "$")],
        env={"GF_SECURITY_ADMIN_PASSWORD": "", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert (ran.returncode, ran.stderr) == (1, "set GRAFANA_PASSWORD in .env\n")
