"""Calling hours on the days on which clocks are changed, by a database whose clock passes the change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from orchestrator.clock import utc_now
from orchestrator.local_stack.embedded_servers import start_postgres
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from tests.support.carrier_stub import CarrierStub
from tests.support.host_clock import HostClock, host_clock
from tests.support.world import World, world_of

DAYTIME = {"timezone": "contact", "windows": [{"days": ["mon-sun"], "start": "08:00", "end": "20:00"}]}
# In Chicago, around the end of one day's hours and the beginning of the next: the night is an hour shorter, or longer.
SPRING = ("2027-03-14T01:59:45", "2027-03-14T02:00:00", "2027-03-14T12:59:45", "2027-03-14T13:00:00")
AUTUMN = ("2027-11-07T00:59:45", "2027-11-07T01:00:00", "2027-11-07T13:59:45", "2027-11-07T14:00:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostClock]:
    with host_clock() as clock:
        for name, value in clock.environment.items():
            monkeypatch.setenv(name, value)
        yield clock


@pytest.fixture
def clocked(
    clock: HostClock, tmp_path: Path, redis_client: redis.Redis, redis_url: str, carrier: CarrierStub
) -> Iterator[World]:
    """Yield a world whose database goes by that clock."""
    server = start_postgres(tmp_path / "postgres", durable=False)
    upgrade(server.url)
    sql = open_sql(server.url)
    stores = {"database_url": server.url, "redis_url": redis_url, "carrier_url": carrier.url}
    with world_of(sql=sql, client=redis_client, **stores) as world:
        yield world
    sql.dispose()
    server.stop()


@pytest.mark.parametrize("night", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_hours_close_and_open_by_the_wall_clock_in_the_night_in_which_it_is_changed(
    clocked: World, clock: HostClock, carrier: CarrierStub, night: tuple[str, ...]
) -> None:
    campaign_id = clocked.campaign(calling_hours=DAYTIME)
    clocked.contacts(campaign_id, 4)
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in night]
    dialed = []

    for moment in moments:
        clock.set("stores", by_s=(moment - utc_now()).total_seconds())
        for call_id in clocked.claim(campaign_id, most=1):
            clocked.dialer.dial_call(call_id)
        dialed.append(len(carrier.dials))

    held_until = clocked.query("SELECT due_at FROM contacts WHERE status = 'held'")
    assert dialed == [1, 1, 1, 2]
    assert [row.due_at for row in held_until] == [moments[-1]] * len(held_until) and held_until
