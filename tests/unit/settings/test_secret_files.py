"""Every setting may come from a file that `<variable>_FILE` names, so that no secret stands in an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings, load_settings

SECRETS = {
    "TELNYX_API_KEY": "telnyx_api_key",
    "TELNYX_PUBLIC_KEY": "telnyx_public_key",
    "ORCHESTRATOR_API_KEY": "api_key",
    "ORCHESTRATOR_DATABASE_URL": "database_url",
    "ORCHESTRATOR_REDIS_URL": "redis_url",
    "ORCHESTRATOR_HTTPS_PROXY": "outbound_proxy",
    "AWS_ACCESS_KEY_ID": "bucket_key_id",
    "AWS_SECRET_ACCESS_KEY": "bucket_secret",
}


@pytest.fixture(autouse=True)
def no_settings_before(monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings.cache_clear()
    for variable in SECRETS:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(("variable", "field"), SECRETS.items())
def test_a_secret_is_read_from_its_file(
    variable: str, field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("what nobody knows\n")
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "secret"))

    value = getattr(Settings(), field)

    assert getattr(value, "get_secret_value", lambda: value)() == "what nobody knows"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELNYX_API_KEY_FILE", str(tmp_path / "none"))

    with pytest.raises(Misconfigured, match="TELNYX_API_KEY_FILE"):
        load_settings()


def test_a_setting_that_is_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("one")
    monkeypatch.setenv("TELNYX_API_KEY_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("TELNYX_API_KEY", "another")

    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        load_settings()
