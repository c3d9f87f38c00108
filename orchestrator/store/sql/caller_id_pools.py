"""Queries on pools of caller ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.caller_id_pool import CallerIdPool, stored_numbers
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import caller_id_pools, campaigns, numbers

_READ = text(
    "SELECT id, numbers::text AS numbers, choose, per_day, per_hour FROM caller_id_pools "
    "WHERE id = ANY(:ids) ORDER BY id"
)
_IS_OVER = campaigns.c.status.in_(FINAL_CAMPAIGN)


def insert_pool(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert a pool; one with the same id, made by the same request, stays."""
    tx.execute(upsert(caller_id_pools).values(values).on_conflict_do_nothing(index_elements=[caller_id_pools.c.id]))


def find_pool(tx: Connection, pool_id: str) -> Row[Any] | None:
    """Return a pool."""
    return tx.execute(select(caller_id_pools).where(caller_id_pools.c.id == pool_id)).first()


def lock_pool(tx: Connection, pool_id: str) -> Row[Any] | None:
    """Lock a pool against every change, and against campaigns that would begin to use it, and return it."""
    return tx.execute(select(caller_id_pools).where(caller_id_pools.c.id == pool_id).with_for_update()).first()


def hold_pool(tx: Connection, pool_id: str) -> bool:
    """Keep a pool as it is until the transaction ends; False if there is none."""
    held = select(caller_id_pools.c.id).where(caller_id_pools.c.id == pool_id).with_for_update(read=True)
    return tx.execute(held).first() is not None


def list_pools(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of pools."""
    query = select(caller_id_pools).where(*(caller_id_pools.c[name] == value for name, value in filters.items()))
    return tx.execute(newest_first(query, caller_id_pools.c.id, after=after, limit=limit)).all()


def update_pool(tx: Connection, pool_id: str, changes: Mapping[str, Any]) -> None:
    """Change a pool's row."""
    changed = update(caller_id_pools).where(caller_id_pools.c.id == pool_id)
    tx.execute(changed.values({**changes, "updated_at": func.now()}))


def delete_pool(tx: Connection, pool_id: str) -> None:
    """Delete a pool that no open campaign uses; those that are over forget it."""
    tx.execute(update(campaigns).where(campaigns.c.caller_id_pool == pool_id, _IS_OVER).values(caller_id_pool=None))
    tx.execute(delete(caller_id_pools).where(caller_id_pools.c.id == pool_id))


def campaigns_of(tx: Connection, pool_id: str) -> list[str]:
    """Return the campaigns that dial from a pool, or may yet."""
    using = select(campaigns.c.id).where(campaigns.c.caller_id_pool == pool_id, ~_IS_OVER).order_by(campaigns.c.id)
    return list(tx.execute(using).scalars())


def read_pools(tx: Connection, pool_ids: Collection[str]) -> dict[str, CallerIdPool]:
    """Return pools by their ids."""
    rows = tx.execute(_READ, {"ids": list(pool_ids)}).all() if pool_ids else ()
    return {
        row.id: CallerIdPool(stored_numbers(row.numbers), Choose(row.choose), row.per_day, row.per_hour) for row in rows
    }


def hold_answered(tx: Connection, among: Collection[str]) -> frozenset[str]:
    """Return those of these numbers whose calls a flow answers; they stay so until the transaction ends."""
    held = select(numbers.c.number).where(numbers.c.number.in_(among)).with_for_update(read=True, key_share=True)
    return frozenset(tx.execute(held).scalars())


def local_pools_with(tx: Connection, number: str) -> list[str]:
    """Return the names of the pools that show a number to the people of its place."""
    holds = caller_id_pools.c.numbers.contains([{"number": number}])
    query = select(caller_id_pools.c.name).where(holds, caller_id_pools.c.choose == Choose.LOCAL_THEN_STICKY)
    return list(tx.execute(query.order_by(caller_id_pools.c.name)).scalars())
