"""Chooses the caller ids of a claim out of pools, for each contact behind those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from orchestrator.policy.caller_id import CallerIdUse, ClosedCallerIds, why_all_closed
from orchestrator.policy.caller_id_pool import CallerIdPool
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.regions import regions_of
from orchestrator.store.sql.caller_id_pools import read_pools
from orchestrator.store.sql.caller_id_uses import AskedCallerId, read_uses


class PoolRoom:
    """A pool with what its numbers have dialed; it takes note of each dial that is chosen."""

    def __init__(self, pool: CallerIdPool, uses: Mapping[str, CallerIdUse], now: datetime) -> None:
        self._pool, self._uses, self._now = pool, dict(uses), now
        self._closed = {number for number, use in uses.items() if not use.is_open(now)}

    @property
    def why_closed(self) -> ClosedCallerIds | None:
        """Why none of its numbers may be dialed from."""
        return why_all_closed(self._uses.values(), self._now) if len(self._closed) == len(self._uses) else None

    def choose(self, row: RowMapping) -> str | None:
        """Return the caller id of a contact; None where no number may be dialed from."""
        phone, regions = row["phone"], regions_of(row["phone"], row["region"])
        return self._pool.choose_for(
            row["contact_id"], phone, regions=regions, resting=self._closed, before=row["last_caller_id"]
        )

    def take(self, number: str) -> None:
        """Count a dial from a number, which may come to nothing yet."""
        use = self._uses[number] = self._uses[number].with_one_more()
        if not use.is_open(self._now):
            self._closed.add(number)


def find_pools(tx: Connection, rows: Sequence[RowMapping]) -> dict[str, CallerIdPool]:
    """Return the pools of these contacts' campaigns by their ids, each with the caps that hold for its numbers here."""
    limits: dict[str, list[int]] = {}
    for row in rows:
        if row["caller_id_pool"] is not None:
            limits.setdefault(row["caller_id_pool"], []).extend(_limit_of(row))
    return {pool_id: pool.under(limits[pool_id]) for pool_id, pool in read_pools(tx, limits).items()}


def open_pools(tx: Connection, pools: Mapping[str, CallerIdPool], now: datetime) -> dict[str, PoolRoom]:
    """Return pools with the room that their numbers have; who claims keeps others from dialing from these."""
    capped = [(number, pool.per_day, pool.per_hour) for pool in pools.values() for number in pool.caller_ids]
    uses = iter(read_uses(tx, [AskedCallerId(*each) for each in capped]))
    return {
        pool_id: PoolRoom(pool, {number: next(uses) for number in pool.caller_ids}, now)
        for pool_id, pool in pools.items()
    }


def closed_at_send(tx: Connection, rows: Sequence[RowMapping]) -> dict[str, ClosedCallerIds]:
    """Return, by call id, why attempts that a pool has chosen the caller id for may not be made from it any more.

    They are claimed again at once: another number of the pool may have room. Of two sends at once each sees the other's
    reservation.
    """
    pools = find_pools(tx, rows)
    pooled = [row for row in rows if row["caller_id_pool"] in pools]
    asked = [_asked_of(row, pools[row["caller_id_pool"]]) for row in pooled]
    closed = {}
    for row, use in zip(pooled, read_uses(tx, asked), strict=True):
        now = row["db_now"]
        is_there = row["from_number"] in pools[row["caller_id_pool"]].numbers
        if use.rests(now) or not is_there:
            closed[row["id"]] = ClosedCallerIds(Reason.CALLER_ID_RESTING, now)
        elif not use.is_open(now):
            closed[row["id"]] = ClosedCallerIds(Reason.CALLER_ID_QUOTA, now)
    return closed


def _asked_of(row: RowMapping, pool: CallerIdPool) -> AskedCallerId:
    return AskedCallerId(row["from_number"], pool.per_day, pool.per_hour, besides=row["id"])


def _limit_of(row: RowMapping) -> list[int]:
    limit = row["caller_id_day_limit"]
    return [] if limit is None else [limit]
