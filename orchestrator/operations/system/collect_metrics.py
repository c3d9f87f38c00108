"""Measures the installation from its two stores, for dashboards and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import redis
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.model.metric import Metric, Reading
from orchestrator.operations.campaigns.count_contacts import count_all_standings
from orchestrator.operations.campaigns.read_stats import latency_percentiles
from orchestrator.store.redis.event_streams import backlog
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import dials_in_trailing_5_s, read_health
from orchestrator.store.sql.installation import count_gauges, count_open_contacts, ping

if TYPE_CHECKING:
    from orchestrator.services import Services


def measure(services: Services) -> list[Reading]:
    """Return what can be measured within two seconds; a store that is away, or stands still, is a reading of its own.

    Counts that take longer, of contacts by the million, are left out.
    """
    looks = {"postgresql": _ask_sql, "counts": _from_sql, "redis": _from_redis}
    taken = services.probes.run({f"metrics/{name}": partial(look, services) for name, look in looks.items()})
    stores = ("postgresql", "redis")
    is_up = [Reading(Metric.STORE_UP, taken.get(f"metrics/{store}") is not None, store) for store in stores]
    return [*is_up, *(reading for readings in taken.values() for reading in readings or ())]


def _ask_sql(services: Services) -> list[Reading] | None:
    try:
        with services.sql.connect() as tx:
            ping(tx)
    except SQLAlchemyError:
        return None
    return []


def _from_sql(services: Services) -> list[Reading] | None:
    try:
        with services.sql.connect() as tx:
            counts = count_gauges(tx)
            contacts = count_open_contacts(tx)
    except SQLAlchemyError:
        return None
    # As in a campaign's numbers: who waits outside the hours there is held.
    standings = count_all_standings(contacts, services.clock())
    due = [Reading(Metric.CONTACTS_DUE, float(n), status) for status, n in standings.by_status.items()]
    return [*due, *(Reading(metric, float(n), label) for metric, rows in counts.items() for label, n in rows)]


def _from_redis(services: Services) -> list[Reading] | None:
    try:
        return [*_nervous_system(services.redis, Keys()), *_account(services)]
    except redis.RedisError:
        return None


def _nervous_system(client: redis.Redis, keys: Keys) -> Iterator[Reading]:
    for stream, (entries, age_s) in backlog(client, keys).items():
        yield Reading(Metric.STREAM_ENTRIES, entries, stream)
        yield Reading(Metric.STREAM_AGE_S, age_s, stream)
    yield Reading(Metric.OUTBOX_DUE, client.zcard(keys.wakes))
    yield Reading(Metric.TIMERS, client.zcard(keys.timers))
    yield Reading(Metric.DEAD_LETTERS, client.xlen(keys.dead))
    yield Reading(Metric.ORPHANS, client.xlen(keys.orphans))
    for quantile, value in latency_percentiles(client, keys.latency).items():
        if value is not None:
            yield Reading(Metric.EVENT_TO_COMMAND_MS, value, quantile)


def _account(services: Services) -> Iterator[Reading]:
    connection_id = services.settings.telnyx_connection_id
    if connection_id is None:
        return
    client, keys = services.redis, Keys()
    yield Reading(Metric.LIVE_CALLS, client.zcard(keys.slots(connection_id)))
    yield Reading(Metric.DIALS_5_S, dials_in_trailing_5_s(client, keys, connection_id))
    yield Reading(Metric.DISPATCH_OPEN, not read_health(client, keys, connection_id).closed)
