"""Stores that take no more clients: each has as many as it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy import make_url

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'holds it'"
)


@contextmanager
def valkey_without_room(client: redis.Redis) -> Iterator[None]:
    """End all other connections of Valkey, and let it take no new one until the block ends."""
    most = client.config_get("maxclients")["maxclients"]
    client.config_set("maxclients", 1)
    client.client_kill_filter(_type="normal", skipme=True)
    try:
        yield
    finally:
        client.config_set("maxclients", most)


@contextmanager
def postgres_without_room(database_url: str) -> Iterator[None]:
    """End all other connections to this database, and hold all that its server may have until the block ends."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with ExitStack() as held:
        first = held.enter_context(_connected(url))
        first.execute(_END_OTHERS)
        with pytest.raises(psycopg.OperationalError, match="clients"):
            _hold_more(held, url)
        yield


def _hold_more(held: ExitStack, url: str) -> None:
    while True:
        held.enter_context(_connected(url))


def _connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True, application_name="holds it")
