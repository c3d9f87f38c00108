"""The REST API over real stores."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import Engine

from api.app import create_app
from orchestrator.operations.access import passwords
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.rest import CALLER_ID, CONNECTION, KEY, Rest


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return _settings(database_url, redis_url)


@cache
def _settings(database_url: str, redis_url: str) -> Settings:
    return Settings(
        telnyx_connection_id=CONNECTION,
        telnyx_api_key=SecretStr("KEYtest"),
        public_url="https://calls.example",
        caller_id=CALLER_ID,
        api_key=SecretStr(KEY),
        calls_per_second=20,
        max_live_calls=50,
        database_url=database_url,
        redis_url=redis_url,
    )


@pytest.fixture
def services(settings: Settings, sql: Engine) -> Iterator[Services]:
    services = Services(settings=settings, stats_kept_s=0)
    vars(services).update(sql=sql)
    yield services
    services.close()


@pytest.fixture
def rest(services: Services) -> Rest:
    return Rest(create_app(services))


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords in a moment instead of a fifth of a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
