"""Tells the sweepers of one process whether they have something to do; one look answers all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine

from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.sweeping_work import Work, find_work

_LOOK_EVERY_S = 1.0


class WorkWatch:
    """Looks at most once a second; what has come since is done by the sweeper's next turn."""

    def __init__(self, sql: Engine, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._single_statements = statement_by_statement(sql)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._found: frozenset[Work] = frozenset()

    def has(self, work: Work) -> bool:
        """Return whether there is work of this kind; raises what the database raises."""
        with self._lock:
            if self._monotonic() - self._looked_at >= _LOOK_EVERY_S:
                with self._single_statements.connect() as tx:
                    self._found = find_work(tx)
                self._looked_at = self._monotonic()
            return work in self._found
