"""Finds pools of caller ids, with what each number has dialed and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.operations.caller_ids.write_pools import found_pool
from orchestrator.policy.caller_id import CallerIdUse
from orchestrator.store.sql import caller_id_pools as pools
from orchestrator.store.sql.caller_id_uses import AskedCallerId, read_use_rows, use_of
from orchestrator.store.sql.dial_ledger import database_now

MOST_COUNTED = 1_000
"""Of the dials of a number so many are counted, or as many as its caps allow."""


@dataclass(frozen=True)
class NumberNow:
    """A number of a pool: what was dialed from it, its rest with the figures, and what the carrier says of it."""

    number: Mapping[str, Any]
    use: CallerIdUse
    rested_for: Mapping[str, Any] | None
    attestation: str | None
    now: datetime


@dataclass(frozen=True)
class PoolNow:
    """A pool with its numbers as they stand."""

    row: Row[Any]
    numbers: Sequence[NumberNow]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row.id)


def find_pool(pool_id: str, *, sql: Engine) -> PoolNow:
    """Return a pool; raise NotFound for none."""
    with sql.connect() as tx:
        [pool] = as_they_stand(tx, [found_pool(pools.find_pool(tx, pool_id), pool_id)])
    return pool


def list_pools(filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine) -> list[PoolNow]:
    """Return a page of pools."""
    with sql.connect() as tx:
        return as_they_stand(tx, pools.list_pools(tx, filters, after=after, limit=limit))


def as_they_stand(tx: Connection, rows: Sequence[Row[Any]]) -> list[PoolNow]:
    """Return pools with their numbers as they stand."""
    asked = [AskedCallerId(each["number"], row.per_day, row.per_hour) for row in rows for each in row.numbers]
    uses, now = iter(read_use_rows(tx, asked, at_least=MOST_COUNTED)), database_now(tx)

    def number_now(number: Mapping[str, Any]) -> NumberNow:
        found = next(uses)
        return NumberNow(number, use_of(found), found["rested_for"], found["attestation"], now)

    return [PoolNow(row, [number_now(number) for number in row.numbers]) for row in rows]
