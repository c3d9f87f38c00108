"""Queries on the numbers that take inbound calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import flows, numbers


def answered(tx: Connection, among: Collection[str]) -> frozenset[str]:
    """Return those of these numbers whose calls a flow answers."""
    return frozenset(tx.execute(select(numbers.c.number).where(numbers.c.number.in_(among))).scalars())


def _shown() -> Select[Any]:
    flow = (flows.c.name.label("flow_name"), flows.c.version.label("flow_version"))
    return select(numbers, *flow).select_from(numbers.join(flows, flows.c.id == numbers.c.flow_id))


def insert_number(tx: Connection, values: Mapping[str, Any]) -> bool:
    """Insert a number; False if it exists already."""
    row = insert(numbers).values(values).on_conflict_do_nothing(index_elements=["number"]).returning(numbers.c.id)
    return tx.execute(row).first() is not None


def find_number(tx: Connection, number_id: str) -> Row[Any] | None:
    """Return a number with its flow."""
    return tx.execute(_shown().where(numbers.c.id == number_id)).first()


def list_numbers(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of numbers."""
    query = _shown().where(*(numbers.c[name] == value for name, value in filters.items()))
    return tx.execute(newest_first(query, numbers.c.id, after=after, limit=limit)).all()


def update_number(tx: Connection, number_id: str, changes: Mapping[str, Any]) -> None:
    """Change a number's row."""
    tx.execute(update(numbers).where(numbers.c.id == number_id).values({**changes, "updated_at": func.now()}))


def lock_number(tx: Connection, number_id: str) -> str | None:
    """Lock a row against everybody who relies on it, and return its number; None if there is none."""
    return tx.execute(select(numbers.c.number).where(numbers.c.id == number_id).with_for_update()).scalar()


def delete_number(tx: Connection, number_id: str) -> None:
    """Delete a number; its calls stay."""
    tx.execute(delete(numbers).where(numbers.c.id == number_id))
