"""Connections to PostgreSQL that wait for an answer no longer than a bound.

The server's own timeouts do not fire while its process is stopped, and TCP sees nothing wrong, for the kernel goes on
acknowledging. So the client watches its own clock: psycopg passes every wait through `Connection.wait`.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg._preparing import PrepareManager
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, text

from orchestrator.store.timeouts import SILENT_S, USUAL, SqlBounds

T = TypeVar("T")

# A plan is kept for long: it must not read a table whole because it was small when the plan was made. PostgreSQL takes
# what it must read whole all the same for very dear, and would compile it.
_BY_INDEX = ("-c enable_seqscan=off", "-c jit=off")
# Lists are asked for with all kinds of values: rare ones are found otherwise than frequent ones. None is worth being
# compiled, which takes longer than to read it.
_BY_VALUES = ("-c plan_cache_mode=force_custom_plan", "-c jit=off")
_INTERVAL_S = 0.1  # as psycopg's own: how soon Ctrl-C is seen
_SET_LOCAL = text(
    "SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :lock, true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
)


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed like a lost one when an answer takes longer than `wait_at_most_s`."""

    wait_at_most_s = USUAL.wait_s

    def wait(self, gen: Generator[Any, Any, T], interval: float = _INTERVAL_S, timeout: float | None = None) -> T:
        """Wait for an answer; raise OperationalError once the bound has passed.

        The statement may still be carried out, and its answer may still arrive: so this connection is not used again.
        """
        bound_s = self.wait_at_most_s if timeout is None else timeout
        try:
            return super().wait(gen, interval, bound_s)
        except psycopg.errors._WaitTimeout as err:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {bound_s:g} s") from err
        except psycopg.errors.FeatureNotSupported:
            # One that no longer fits its table: outside of a transaction nothing else forgets it.
            self._prepared.clear()
            raise
        except psycopg.Error as err:
            # The details that follow the first sentence quote rows, and errors go to the log; `diag` still has them.
            err.args = (err.diag.message_primary,) if err.diag.message_primary else err.args
            raise

    def rollback(self) -> None:
        """Roll back; keep the prepared statements unless a statement has failed.

        Every read ends so, and psycopg would forget all statements each time, that none is ever planned once for many
        uses. After an error they are forgotten: it may be one of them that no longer fits its table.
        """
        if self.info.transaction_status != TransactionStatus.INTRANS:
            super().rollback()
            return
        kept, self._prepared = self._prepared, PrepareManager()
        try:
            super().rollback()
        finally:
            self._prepared = kept


class OneAtATime:
    """Connects; while the server does not answer, one thread at a time tries, and the others fail at once.

    Otherwise a server that hangs would hold every thread of a process, however short each wait is.
    """

    def __init__(self) -> None:
        self._trying = threading.Lock()
        self._is_silent = False

    def connect(self, args: Sequence[Any], params: Mapping[str, Any]) -> BoundedConnection:
        """Return a new connection; raise OperationalError if none can be had."""
        if not self._is_silent:
            return self._connect(args, params)
        if not self._trying.acquire(blocking=False):
            raise psycopg.OperationalError("the server does not answer; another thread is asking it")
        try:
            return self._connect(args, params)
        finally:
            self._trying.release()

    def _connect(self, args: Sequence[Any], params: Mapping[str, Any]) -> BoundedConnection:
        try:
            made = BoundedConnection.connect(*args, **params)
        except psycopg.errors.ConnectionTimeout:
            self._is_silent = True
            raise
        self._is_silent = False
        return made


def connect_args(bounds: SqlBounds, *, by_index: bool = False) -> dict[str, Any]:
    """Return the arguments of a connection: when it gives up a silent peer, and the timeouts of the server itself.

    With `by_index` plans are kept, and a table is read whole only where no index serves; else each use is planned.
    """
    timeouts = {
        "statement_timeout": bounds.statement_s,
        "lock_timeout": bounds.lock_s,
        "idle_in_transaction_session_timeout": bounds.idle_s,
    }
    options = ["-c timezone=UTC -c synchronous_commit=on", *(f"-c {name}={s}s" for name, s in timeouts.items())]
    options += _BY_INDEX if by_index else _BY_VALUES
    return {
        "options": " ".join(options),
        "tcp_user_timeout": SILENT_S * 1000,
        "keepalives_idle": SILENT_S // 2,
        "keepalives_interval": SILENT_S // 5,
        "keepalives_count": 3,
        # Loops repeat few statements, and the largest takes 10 ms to plan: at its first use, not six times over.
        **({"prepare_threshold": 0} if by_index else {}),
    }


def allow(tx: Connection, bounds: SqlBounds) -> None:
    """Raise the bounds of this transaction; the pool resets them when the connection is returned."""
    ms = {"statement": bounds.statement_s, "lock": bounds.lock_s, "idle": bounds.idle_s}
    tx.execute(_SET_LOCAL, {name: f"{s}s" for name, s in ms.items()})
    tx.connection.driver_connection.wait_at_most_s = bounds.wait_s  # type: ignore[union-attr]  # it is ours
