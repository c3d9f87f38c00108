"""What the stack's processes are told about the carrier."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.errors import Misconfigured
from orchestrator.local_stack.environment import binding, limits, telnyx_access
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.programs import stop_order
from orchestrator.settings import Settings

_OPTIONS = StackOptions(data=Path("data"))
_REAL = StackOptions(data=Path("data"), carrier=Carrier.TELNYX)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_telnyx_without_its_variables_is_refused_naming_each_with_its_remedy() -> None:
    with pytest.raises(Misconfigured) as refusal:
        telnyx_access(Settings(telnyx_api_key=SecretStr("KEY1")))

    assert "TELNYX_API_KEY" not in str(refusal.value)
    assert "TELNYX_PUBLIC_KEY (copy it from the portal" in str(refusal.value)
    assert "TELNYX_CONNECTION_ID (the id of your Voice API application)" in str(refusal.value)
    assert "ORCHESTRATOR_PUBLIC_URL (where Telnyx reaches this machine" in str(refusal.value)


def test_telnyx_is_used_as_the_variables_say() -> None:
    settings = Settings(
        telnyx_api_key=SecretStr("KEY1"),
        telnyx_public_key="p",
        telnyx_connection_id="17",
        public_url="https://t.example",
    )

    access = telnyx_access(settings)

    assert access.base_url == "https://api.telnyx.com/v2"
    assert (access.api_key, access.public_key, access.connection_id) == ("KEY1", "p", "17")


def test_the_simulator_may_be_dialed_fast_and_telnyx_as_the_settings_say() -> None:
    settings = Settings(calls_per_second=3, max_live_calls=7)

    assert limits(_OPTIONS, settings) == (29.0, 500)
    assert limits(_REAL, settings) == (3.0, 7)


def test_a_folder_is_bound_to_the_simulator_whatever_its_port() -> None:
    assert binding(_OPTIONS, Settings()).base_url == "simulator"
    assert binding(_REAL, Settings(telnyx_connection_id="17")).connection_id == "17"


def test_r24_dispatch_ends_first_then_workers_engine_api_and_the_stores_last() -> None:
    names = ["postgres", "valkey", "api", "webhooks", "engine", "commands", "dials", "dials-2", "dispatch", "simulator"]

    order = stop_order(names)

    assert [stage for stage in order if stage] == [
        ["dispatch"],
        ["dials", "dials-2"],
        ["commands"],
        ["engine"],
        ["simulator"],
        ["api", "webhooks"],
        ["valkey"],
        ["postgres"],
    ]


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = Settings(
        telnyx_api_key=SecretStr("KEY1"), redis_url="redis://:pass@h/0", database_url="postgresql://u:pass@h/d"
    )

    assert "KEY1" not in repr(settings)
    assert "pass" not in repr(settings)
