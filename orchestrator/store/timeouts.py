"""How long anything waits for a store at most; `docs/operations.md` says what each bound is for."""

from __future__ import annotations

from dataclasses import dataclass

CONNECT_S = 3
POOL_S = 5  # for a connection that another thread gives back
PING_S = 2.0  # for a connection that rested to say that it lives
SILENT_S = 10  # a server that acknowledges nothing, by TCP
REDIS_ANSWER_S = 5.0
REDIS_BLOCK_MS = 1_000  # what a read of a stream waits for: well below the answer's bound
BROKER_HEALTH_S = 5  # a worker leaves a silent connection to its broker after twice this and a second
_MARGIN_S = 2.0  # the server ends what takes too long; only one that stands still is left without having answered


@dataclass(frozen=True)
class SqlBounds:
    """What PostgreSQL ends by its own clock, in s: a statement, a wait for a lock, an idle transaction."""

    statement_s: int
    lock_s: int
    idle_s: int

    @property
    def wait_s(self) -> float:
        """Return how long this side waits for an answer before it takes the server for away."""
        return self.statement_s + _MARGIN_S


USUAL = SqlBounds(statement_s=10, lock_s=5, idle_s=15)
SWEEPING = SqlBounds(statement_s=300, lock_s=5, idle_s=300)  # one statement over all contacts of a campaign
COUNTING = SqlBounds(statement_s=60, lock_s=5, idle_s=60)  # a person asks for numbers over all of them
MIGRATING = SqlBounds(statement_s=3600, lock_s=600, idle_s=3600)
