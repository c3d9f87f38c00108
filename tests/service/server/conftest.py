"""Servers as they are really run; one for a whole file where its tests leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.engine import open_sql
from tests.support.databases import clone_database, drop_database
from tests.support.served import Served, served


@pytest.fixture(scope="module")
def front_database_url(postgres_server: RunningServer, request: pytest.FixtureRequest) -> Iterator[str]:
    url = clone_database(postgres_server.url, f"front_{request.module.__name__.rsplit('.', 1)[-1]}")
    yield url
    drop_database(url)


@pytest.fixture(scope="module")
def front_sql(front_database_url: str) -> Iterator[Engine]:
    engine = open_sql(front_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def api(front_database_url: str, valkey_server: RunningServer) -> Iterator[Served]:
    """Return the API with the bounds it has when nobody sets any."""
    with served(database_url=front_database_url, redis_url=valkey_server.url) as server:
        yield server
