"""The secrets that docker-compose.yml shows to everybody open its simulator, and nothing else."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey
from pydantic import SecretStr
from ruamel.yaml import YAML

from orchestrator.errors import Misconfigured
from orchestrator.published_secrets import PUBLISHED
from orchestrator.settings import Settings

_ROOT = Path(__file__).resolve().parents[3]
_FILE = (_ROOT / "docker-compose.yml").read_text()
_SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(_FILE)["services"]
_SECRETS: dict[str, dict[str, Any]] = {
    "ORCHESTRATOR_API_KEY": {"api_key": SecretStr(PUBLISHED["ORCHESTRATOR_API_KEY"])},
    "TELNYX_API_KEY": {"telnyx_api_key": SecretStr(PUBLISHED["TELNYX_API_KEY"])},
    "TELNYX_PUBLIC_KEY": {"telnyx_public_key": PUBLISHED["TELNYX_PUBLIC_KEY"]},
    "POSTGRES_PASSWORD": {"database_url": "postgresql+psycopg://orchestrator:orchestrator@postgres:5432/orchestrator"},
    "FLOWER_PASSWORD": {"flower_user": SecretStr("admin:simulator-only")},
}
_TELNYX = "https://api.telnyx.com/v2"
_SIMULATOR, _DOOR = "http://simulator:8000/v2", "http://webhooks:8000"


def _with_all(**more: Any) -> Settings:
    given = {name: value for secret in _SECRETS.values() for name, value in secret.items()}
    return Settings(**given, **more)


@pytest.mark.parametrize("name", _SECRETS)
def test_a_published_secret_is_refused_where_calls_are_real(name: str) -> None:
    settings = Settings(telnyx_base_url=_TELNYX, **_SECRETS[name])

    with pytest.raises(Misconfigured, match=rf"^{name}: .* and the carrier is {_TELNYX}: set values of your own"):
        settings.refuse_published_secrets()


def test_a_published_public_key_is_refused_beside_another_one_too() -> None:
    both = f"mine, {PUBLISHED['TELNYX_PUBLIC_KEY']}"

    with pytest.raises(Misconfigured, match=r"^TELNYX_PUBLIC_KEY: "):
        Settings(telnyx_base_url=_TELNYX, telnyx_public_key=both).refuse_published_secrets()


def test_all_of_them_are_named_at_once() -> None:
    with pytest.raises(Misconfigured) as refusal:
        _with_all(telnyx_base_url=_TELNYX).refuse_published_secrets()

    assert str(refusal.value).startswith(", ".join(PUBLISHED))


@pytest.mark.parametrize("password", ["mine", "a[b", "", "orchestrator1"])
def test_a_password_of_ones_own_is_taken_however_it_is_spelled(password: str) -> None:
    url = f"postgresql+psycopg://orchestrator:{password}@postgres:5432/orchestrator"

    Settings(telnyx_base_url=_TELNYX, database_url=url).refuse_published_secrets()


def test_secrets_of_ones_own_are_taken() -> None:
    Settings(
        telnyx_base_url=_TELNYX,
        api_key=SecretStr("mine"),
        telnyx_api_key=SecretStr("KEY"),
        telnyx_public_key="key",
        database_url="postgresql+psycopg://orchestrator:mine@postgres/orchestrator",
        flower_user=SecretStr("admin:mine"),
    ).refuse_published_secrets()


@pytest.mark.parametrize("public_url", [None, _DOOR])
def test_the_simulator_of_the_compose_file_needs_nothing_set(public_url: str | None) -> None:
    _with_all(telnyx_base_url=_SIMULATOR, public_url=public_url).refuse_published_secrets()


@pytest.mark.parametrize(
    ("carrier", "public_url"),
    [
        (_SIMULATOR, "https://calls.example"),  # the way in is open, only the carrier's address was forgotten
        ("http://simulator.example/v2", _DOOR),
        ("http://127.0.0.1:8000/v2", _DOOR),
        ("https://simulator@api.telnyx.com/v2", _DOOR),
    ],
)
def test_anything_else_than_that_simulator_behind_closed_doors_is_refused(carrier: str, public_url: str) -> None:
    with pytest.raises(Misconfigured):
        _with_all(telnyx_base_url=carrier, public_url=public_url).refuse_published_secrets()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_compose_file_shows_no_other_default_of_a_secret(name: str) -> None:
    defaults = set(re.findall(rf"\$\{{{name}:-([^}}]*)\}}", _FILE))

    assert defaults == {PUBLISHED[name]}


def test_whatever_else_the_compose_file_calls_a_key_or_a_password_has_no_default() -> None:
    defaults = dict(re.findall(r"\$\{(\w*(?:_KEY|PASSWORD|SECRET|SEED|TOKEN)\w*):-([^}]*)\}", _FILE))

    assert {name for name, value in defaults.items() if value} == set(PUBLISHED)


def test_the_published_public_key_is_the_one_of_the_simulator() -> None:
    seed = bytes.fromhex(_SERVICES["simulator"]["environment"]["SIMULATOR_SIGNING_SEED"])

    public = base64.b64encode(bytes(SigningKey(seed).verify_key)).decode()

    assert public == PUBLISHED["TELNYX_PUBLIC_KEY"]


def test_what_runs_first_sees_every_secret_and_so_refuses_for_all() -> None:
    seen = _SERVICES["migrate"]["environment"]

    for service in _SERVICES.values():
        shown = {name: value for name, value in service.get("environment", {}).items() if name.startswith("FLOWER")}
        assert shown.items() <= seen.items()
    assert {"ORCHESTRATOR_API_KEY", "TELNYX_API_KEY", "TELNYX_PUBLIC_KEY", "FLOWER_BASIC_AUTH"} <= set(seen)
    assert "POSTGRES_PASSWORD" in seen["ORCHESTRATOR_DATABASE_URL"]


@pytest.mark.parametrize("service", _SERVICES)
def test_no_command_line_of_the_compose_file_shows_a_secret(service: str) -> None:
    words = " ".join(_SERVICES[service].get("command", []))

    assert not re.search(r"_KEY|PASSWORD|SECRET|[0-9a-f]{32}", words)
