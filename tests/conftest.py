"""Fixtures for everybody: the embedded servers, started once a run, handed out empty to each test."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from orchestrator.local_stack import ports
from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.store.sql.engine import open_sql
from tests.support.databases import ReusableDatabase
from tests.support.memory_folder import memory_folder

# A busy machine is no fault of the code, so examples have no deadline. `make test` tries the same ones every time.
settings.register_profile("random", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("random")


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="orchestrator-tests-", dir=memory_folder()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def valkey_server(servers_folder: Path) -> Iterator[RunningServer]:
    server = start_valkey(servers_folder / "valkey")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[RunningServer]:
    """Start the server of the run; its database `orchestrator` is migrated and the template of every test's own."""
    server = start_postgres(servers_folder / "postgres", durable=False)
    try:
        from orchestrator.store.sql.migrate import upgrade

        upgrade(server.url)
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_url(valkey_server: RunningServer) -> str:
    """Return the address of an empty Valkey."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """Return a client of an empty Valkey that never repeats a command by itself."""
    with redis.Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), protocol=2) as client:
        yield client


@pytest.fixture(scope="session")
def reusable_database(postgres_server: RunningServer) -> Iterator[ReusableDatabase]:
    database = ReusableDatabase(postgres_server.url)
    yield database
    database.drop()


@pytest.fixture
def database_url(reusable_database: ReusableDatabase) -> Iterator[str]:
    """Return the address of a database with the newest schema and no rows."""
    yield reusable_database.url
    reusable_database.clear()


@pytest.fixture
def sql(database_url: str) -> Iterator[Engine]:
    """Return a pool of connections without any yet, and with the listeners of this test alone."""
    engine = _compiled(database_url).execution_options()
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def what_is_left_open_is_found() -> Iterator[None]:
    """Let what a file's tests leave open fail one of them, not whichever test runs when it is collected."""
    _collect_and_freeze()  # what is made from here on is a file's own
    yield
    gc.collect()


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@lru_cache(maxsize=1)  # of a database that is gone nothing is kept
def _compiled(database_url: str) -> Engine:
    """Return the engine that keeps, from test to test, the statements that SQLAlchemy has compiled."""
    return open_sql(database_url)


def _collect_and_freeze() -> None:
    """Leave what stays to itself: the collector would walk through thousands of tests again and again."""
    gc.collect()
    gc.freeze()
