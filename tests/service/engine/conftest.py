"""A world on empty stores with a carrier whose answers the test prepares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from sqlalchemy import Engine

from tests.support.carrier_stub import CarrierStub, carrier_stub
from tests.support.stepwise import Process
from tests.support.world import World, world_of


@pytest.fixture
def carrier() -> Iterator[CarrierStub]:
    with carrier_stub() as stub:
        yield stub


@pytest.fixture
def world(
    sql: Engine, redis_client: redis.Redis, carrier: CarrierStub, database_url: str, redis_url: str
) -> Iterator[World]:
    stores = {"sql": sql, "client": redis_client, "database_url": database_url, "redis_url": redis_url}
    with world_of(**stores, carrier_url=carrier.url) as world:  # type: ignore[arg-type]  # names match
        yield world


@pytest.fixture
def process(world: World) -> Iterator[Process]:
    """Return another process of the installation, which stops wherever it is told to."""
    process = Process(world)
    yield process
    process.close()
