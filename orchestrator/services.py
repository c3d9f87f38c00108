"""Chooses every collaborator once; everything else is handed what it needs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import redis
from sqlalchemy import Connection, Engine

from orchestrator.bounds import DIALS_PER_NUMBER_IN_A_WEEK
from orchestrator.clock import Clock, utc_now
from orchestrator.garbage import collect_rarely
from orchestrator.media.stream_urls import StreamUrls
from orchestrator.policy.caps import Caps
from orchestrator.recordings.archive import Archive, open_archive
from orchestrator.settings import Settings, load_settings
from orchestrator.shared_answers import SharedAnswers
from orchestrator.store.probes import StoreProbes
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.sql.own_connections import OwnConnections
from orchestrator.telnyx.client import TelnyxClient

if TYPE_CHECKING:
    from orchestrator.store.sql.flow_cache import FlowCache


@dataclass(frozen=True)
class Services:
    """The collaborators of a process, each built once and on first use; held by entry points alone."""

    settings: Settings
    clock: Clock = utc_now
    by_index: bool = False  # of a process that runs loops: no statement of theirs reads a table whole
    stats_kept_s: float = 1.0  # they are polled by whoever looks on

    @cached_property
    def sql(self) -> Engine:
        """Return the pool of PostgreSQL connections."""
        return open_sql(self.settings.database_url, by_index=self.by_index)

    @cached_property
    def redis(self) -> redis.Redis:
        """Return the Redis client for single commands; it never repeats one by itself."""
        return open_redis(self.settings.redis_url)

    @cached_property
    def keys(self) -> Keys:
        """Return the names of everything in Redis."""
        return Keys()

    @cached_property
    def flows(self) -> FlowCache:
        """Return the compiled flows, shared by every part of this process."""
        from orchestrator.store.sql.flow_cache import FlowCache  # heavy, and the receivers compile no flow

        return FlowCache(self.sql)

    @cached_property
    def caps(self) -> Caps:
        """Return the caps of the environment: nothing that is said over REST is laxer."""
        caps = Caps(**{name: getattr(self.settings, f"cap_{name}") for name in Caps.model_fields})
        is_said = "cap_per_number_7d" in self.settings.model_fields_set
        return caps if is_said else caps.model_copy(update={"per_number_7d": _week_of(caps.per_number_24h)})

    @cached_property
    def carrier(self) -> TelnyxClient:
        """Return the client of the carrier's API."""
        return TelnyxClient(
            base_url=self.settings.telnyx_base_url, api_key=self.settings.telnyx_key(), egress=self.settings.egress
        )

    @cached_property
    def connections(self) -> OwnConnections:
        """Return which of the carrier's connections are this installation's; raise Misconfigured without one."""
        return OwnConnections(self.settings.connection_id(), sql=self.sql)

    @cached_property
    def stats(self) -> SharedAnswers:
        """Return the statistics of campaigns that were read just now."""
        return SharedAnswers(kept_s=self.stats_kept_s)

    @cached_property
    def probes(self) -> StoreProbes:
        """Return the runner of checks that a store may leave without an answer."""
        return StoreProbes()

    @cached_property
    def recordings(self) -> Archive:
        """Return where the files of recordings are kept; raise Misconfigured for a bucket without its keys."""
        return open_archive(self.settings)

    @cached_property
    def streams(self) -> StreamUrls | None:
        """Return the addresses of our own media receiver, or None where ORCHESTRATOR_MEDIA_URL is not set."""
        url, secret = self.settings.media_url, self.settings.api_key
        return StreamUrls(url, secret) if url and secret else None

    def reading_in(self, tx: Connection) -> Services:
        """Return the same collaborators, whose every read of PostgreSQL is made in the open transaction `tx`."""
        bound = replace(self)
        vars(bound).update({"flows": self.flows, **vars(self), "sql": cast("Engine", _OneTransaction(tx))})
        return bound

    def close(self) -> None:
        """Give back the connections that were opened."""
        opened = vars(self)
        if "sql" in opened:
            self.sql.dispose()
        if "redis" in opened:
            self.redis.close()


class _OneTransaction:
    """Stands for an engine where only reads are wanted: each of them joins a transaction that is open."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def connect(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._tx)

    begin = connect

    def execution_options(self, **_: Any) -> _OneTransaction:
        """Return itself: whoever reads without a transaction of its own reads in this one, too."""
        return self


def _week_of(day: int | None) -> int | None:
    """Return the cap of a week that is not set: who allows more in a day is not stopped by the default of a week."""
    return None if day is None else max(day, DIALS_PER_NUMBER_IN_A_WEEK)


def open_services(settings: Settings | None = None, *, by_index: bool = False) -> Services:
    """Return the collaborators of this process, from `settings` or from the environment."""
    collect_rarely()
    return Services(settings=settings or load_settings(), by_index=by_index)
