"""Brings an empty Redis back to what SQL and the carrier know, while dispatch is shut (R20)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import redis
from sqlalchemy import Connection, Engine, select, text

from orchestrator.ids import new_id
from orchestrator.model.attempt_state import AttemptState
from orchestrator.operations.events.restore_live_calls import adopt_calls
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.tables import calls
from orchestrator.store.timeouts import SWEEPING
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

SHUT_FOR_S = 5.0  # the log of sends is gone: no trailing window may reach back into what it knew
_LOCK = 7_201_339
_NEW_EPOCH = text(
    "INSERT INTO installation (id, epoch) VALUES (1, :epoch) ON CONFLICT (id) DO UPDATE SET epoch = :epoch"
)


class Rebuilder:
    """Watches the epoch, and rebuilds Redis when it is gone; one process at a time does the work."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        connection_id: str,
        keys: Keys | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sql = sql
        self._redis = client
        self._carrier = carrier
        self._connection_id = connection_id
        self._keys = keys or Keys()
        self._monotonic = monotonic
        self._missed_at: float | None = None

    def watch(self) -> bool:
        """Return whether Redis is whole; start or finish a rebuild when it is not."""
        with self._sql.connect() as tx:
            known = _epoch(tx)
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
            allow(tx, SWEEPING)  # it stands open while Redis and the carrier are asked
            if not tx.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one():
                return False
            if _epoch(tx) != known:
                return False  # another process has just done it
            ensure_groups(self._redis, self._keys)
            live = list(tx.execute(select(calls.c.id).where(calls.c.state == AttemptState.ACCEPTED)).scalars())
            if live:
                log.warning("adopting %s calls", len(live))
            adopt_calls(self._redis, self._sql, self._keys, live)
            reconcile_channels(self._sql, self._redis, self._keys, connection_id=self._connection_id)
            epoch = new_id("req")
            tx.execute(_NEW_EPOCH, {"epoch": epoch})
            self._redis.set(self._keys.epoch, epoch)
        self._missed_at = None
        return True


def _epoch(tx: Connection) -> str | None:
    epoch: str | None = tx.execute(text("SELECT epoch FROM installation")).scalar()
    return epoch
