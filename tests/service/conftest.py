"""A broker for whoever publishes: the run's own Valkey."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from orchestrator.settings import load_settings


@pytest.fixture
def broker(redis_url: str, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """Let what is published go to the Valkey of the tests."""
    from workers.tasks import publish

    monkeypatch.setenv("ORCHESTRATOR_REDIS_URL", redis_url)
    for remembered in (load_settings, publish._broker):
        remembered.cache_clear()
    yield redis_client
    publish._broker().close()
    for remembered in (load_settings, publish._broker):
        remembered.cache_clear()
