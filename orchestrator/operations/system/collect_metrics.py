"""Measures the installation from its two stores, for dashboards and alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import Clock
from orchestrator.model.hop import BOUNDS_MS
from orchestrator.model.metric import LABELS, Distribution, Metric, Reading
from orchestrator.operations.campaigns.count_contacts import count_all_contacts
from orchestrator.operations.campaigns.read_stats import latency_percentiles
from orchestrator.release import installed_version
from orchestrator.store.probes import StoreProbes
from orchestrator.store.redis.broker_queues import queue_lengths
from orchestrator.store.redis.event_streams import backlog
from orchestrator.store.redis.hop_counts import read_hops
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import dials_in_trailing_5_s, read_health
from orchestrator.store.redis.told_counts import read_counts
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.installation import count_gauges, count_open_contacts, ping

Measured = Reading | Distribution


def collect_metrics(
    *, sql: Engine, client: redis.Redis, keys: Keys, connection_id: str | None, clock: Clock, probes: StoreProbes
) -> list[Measured]:
    """Return what can be measured within two seconds; a store that does not answer in time is a reading of its own.

    Counts that take longer, of contacts by the million, are left out.
    """
    checks: Mapping[str, Callable[[], Sequence[Measured] | None]] = {
        "postgresql": partial(_ask_sql, sql),
        "counts": partial(_from_sql, sql, connection_id, clock),
        "redis": partial(_from_redis, client, keys, connection_id),
    }
    answered = probes.run({f"metrics/{name}": check for name, check in checks.items()})
    stores = ("postgresql", "redis")
    is_up = [Reading(Metric.STORE_UP, answered.get(f"metrics/{store}") is not None, (store,)) for store in stores]
    build = Reading(Metric.BUILD, 1, (installed_version(),))
    return [build, *is_up, *(reading for readings in answered.values() for reading in readings or ())]


def _ask_sql(sql: Engine) -> Sequence[Measured] | None:
    try:
        with sql.connect() as tx:
            ping(tx)
    except SQLAlchemyError:
        return None
    return []


def _from_sql(sql: Engine, connection_id: str | None, clock: Clock) -> Sequence[Measured] | None:
    try:
        with sql.connect() as tx:
            counts = count_gauges(tx)
            open_contacts = count_open_contacts(tx)
            connection = find_connection(tx, connection_id) if connection_id else None
    except SQLAlchemyError:
        return None
    # As in a campaign's numbers: a contact that waits outside its calling hours is held.
    contacts = count_all_contacts(open_contacts, clock())
    due = [Reading(Metric.CONTACTS_DUE, float(n), (status,)) for status, n in contacts.by_status.items()]
    held = [Reading(Metric.CONTACTS_HELD, float(n), (reason,)) for reason, n in contacts.held_by_reason.items()]
    rates = [Reading(Metric.DIAL_RATE_LIMIT, connection.calls_per_second, ("set",))] if connection else []
    measured = [
        Reading(metric, float(n), (label,) if metric in LABELS else ())
        for metric, rows in counts.items()
        for label, n in rows
    ]
    return [*due, *held, *measured, *rates]


def _from_redis(client: redis.Redis, keys: Keys, connection_id: str | None) -> Sequence[Measured] | None:
    try:
        live = [*_queues(client, keys), *_account(client, keys, connection_id)]
        return [*live, *_hops(client, keys), *read_counts(client, keys)]
    except redis.RedisError:
        return None


def _queues(client: redis.Redis, keys: Keys) -> Iterator[Reading]:
    for stream, (entries, age_s) in backlog(client, keys).items():
        yield Reading(Metric.STREAM_ENTRIES, entries, (stream,))
        yield Reading(Metric.STREAM_AGE_S, age_s, (stream,))
    for queue, waiting in queue_lengths(client, keys).items():
        yield Reading(Metric.QUEUED_CALLS, waiting, (queue,))
    yield Reading(Metric.OUTBOX_DUE, client.zcard(keys.wakes))
    yield Reading(Metric.TIMERS, client.zcard(keys.timers))
    yield Reading(Metric.DEAD_LETTERS, client.xlen(keys.dead))
    yield Reading(Metric.UNMATCHED_WEBHOOKS, client.xlen(keys.unmatched_webhooks))
    for quantile, value in latency_percentiles(client, keys.latency).items():
        if value is not None:
            yield Reading(Metric.EVENT_TO_COMMAND_S, value / 1000, (quantile,))


def _hops(client: redis.Redis, keys: Keys) -> Iterator[Distribution]:
    for hop, times in read_hops(client, keys).items():
        at_most = tuple((ms / 1000, n) for ms, n in zip(BOUNDS_MS, times.at_most, strict=True))
        yield Distribution(Metric.COMMAND_HOP_S, at_most, times.count, times.sum_ms / 1000, (hop,))


def _account(client: redis.Redis, keys: Keys, connection_id: str | None) -> Iterator[Reading]:
    if connection_id is None:
        return
    yield Reading(Metric.LIVE_CALLS, client.zcard(keys.slots(connection_id)))
    yield Reading(Metric.DIALS_5_S, dials_in_trailing_5_s(client, keys, connection_id))
    health = read_health(client, keys, connection_id)
    yield Reading(Metric.DISPATCH_OPEN, not health.closed)
    yield Reading(Metric.WAITING_TOO_LONG, health.late)
    if health.rate is not None:
        yield Reading(Metric.DIAL_RATE_LIMIT, health.rate, ("lowered",))
