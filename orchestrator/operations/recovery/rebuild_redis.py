"""Rebuilds an empty Redis from SQL while dispatch is closed (R20)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import redis
from sqlalchemy import Engine

from orchestrator.ids import new_id
from orchestrator.operations.events.restore_live_calls import restore_live_calls
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.calls import list_accepted
from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.installation import read_epoch, try_lock_rebuild, write_epoch
from orchestrator.store.timeouts import SWEEPING
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

SHUT_FOR_S = 5.0  # the log of sends is gone: no trailing window may reach back into what it knew


class Rebuilder:
    """Watches the epoch, and rebuilds Redis when it is gone; one process at a time does the work."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        connection_id: str,
        keys: Keys,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sql = sql
        self._redis = client
        self._carrier = carrier
        self._connection_id = connection_id
        self._keys = keys
        self._monotonic = monotonic
        self._missed_at: float | None = None

    def watch(self) -> bool:
        """Return whether Redis is whole; start or finish a rebuild when it is not."""
        with statement_by_statement(self._sql).connect() as tx:
            known = read_epoch(tx)
        if known is not None and self._redis.get(self._keys.epoch) == known.encode():
            self._missed_at = None
            return True
        if known is not None and not self._has_been_shut_long_enough():
            return False
        return self._rebuild(known)

    def _has_been_shut_long_enough(self) -> bool:
        if self._missed_at is None:
            self._missed_at = self._monotonic()
            log.error("Redis has lost its data: dispatch is shut until it is rebuilt")
        return self._monotonic() - self._missed_at >= SHUT_FOR_S

    def _rebuild(self, known: str | None) -> bool:
        with self._sql.begin() as tx:
            allow(tx, SWEEPING)  # it is open while Redis and the carrier are asked
            if not try_lock_rebuild(tx):
                return False
            if read_epoch(tx) != known:
                return False  # another process has just done it
            ensure_groups(self._redis, self._keys)
            live = list_accepted(tx)
            if live:
                log.warning("restoring %s calls", len(live))
            restore_live_calls(self._redis, self._sql, self._keys, live)
            reconcile_channels(self._sql, self._redis, self._keys, connection_id=self._connection_id)
            epoch = new_id("req")
            write_epoch(tx, epoch)
            self._redis.set(self._keys.epoch, epoch)
        self._missed_at = None
        return True
