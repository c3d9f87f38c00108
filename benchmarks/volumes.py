"""What calls take besides CPU: commands of Valkey, transactions, and bytes in files and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import redis
from sqlalchemy import create_engine, text

_SQL = text(
    """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS wal,
        (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS transactions,
        pg_total_relation_size('calls') AS calls, pg_total_relation_size('call_events') AS call_events
    """
)
_NAMES = {
    "commands": "commands that Valkey carried out",
    "aof": "bytes in Valkey's append-only file",
    "transactions": "transactions of PostgreSQL",
    "wal": "bytes in PostgreSQL's log",
    "calls": "bytes in the table calls, with its indexes",
    "call_events": "bytes in the table call_events, with its index",
}


@dataclass(frozen=True)
class Volumes:
    """The totals of both stores so far."""

    totals: Mapping[str, float]

    def of_a_call(self, before: Volumes, calls: int) -> dict[str, float]:
        """Return what was added since `before`, for each of so many calls, by what it is."""
        return {said: (self.totals[name] - before.totals[name]) / calls for name, said in _NAMES.items()}


def read_volumes(database_url: str, redis_url: str) -> Volumes:
    """Read the totals of both stores."""
    sql, client = create_engine(database_url), redis.Redis.from_url(redis_url)
    try:
        with sql.connect() as tx:
            tx.execute(text("SELECT pg_stat_force_next_flush()"))
            rows = dict(tx.execute(_SQL).mappings().one())
        stats, files = client.info("stats"), client.info("persistence")
        told = {**rows, "commands": stats["total_commands_processed"], "aof": files["aof_current_size"]}
        return Volumes({name: float(told[name]) for name in _NAMES})
    finally:
        sql.dispose()
        client.close()
