"""Queries on suppressions: the numbers that are not dialed, everywhere or in one campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, case, cast, func, null, select, true, union_all

from orchestrator.store.sql.opt_outs import EXPIRY, IS_IN_FORCE, LIFTING, be_the_one_writer, lifted
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import lifted_suppressions, suppression_requests, suppressions

_NEVER_LIFTED = [cast(null(), lifted_suppressions.c[name].type).label(name) for name in LIFTING]
_STANDING = select(suppressions, *_NEVER_LIFTED, case((IS_IN_FORCE, "in_force"), else_="expired").label("status"))
_LIFTED = select(
    lifted_suppressions, case((lifted_suppressions.c.lifted_by == EXPIRY, "expired"), else_="lifted").label("status")
)


def list_suppressions(
    tx: Connection, filters: Mapping[str, Any], *, past_too: bool, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of suppressions with their status; `past_too`: also those lifted or expired."""
    page = partial(newest_first, after=after, limit=limit)
    standing = _STANDING.where(*_matching(suppressions, filters))
    if not past_too:
        return tx.execute(page(standing.where(IS_IN_FORCE), suppressions.c.id)).all()
    over = _LIFTED.where(*_matching(lifted_suppressions, filters))
    both = union_all(page(standing, suppressions.c.id), page(over, lifted_suppressions.c.id)).subquery()
    return tx.execute(page(select(both), both.c.id)).all()


def read_requests(tx: Connection, suppression_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Return the requests for each of these suppressions, oldest first."""
    asked = suppression_requests
    query = select(asked).where(asked.c.suppression_id.in_(suppression_ids)).order_by(asked.c.id)
    by_id: dict[str, list[Row[Any]]] = {ident: [] for ident in suppression_ids}
    for row in tx.execute(query):
        by_id[row.suppression_id].append(row)
    return by_id


def lift_suppressions(tx: Connection, filters: Mapping[str, Any], *, by: str, because: str | None) -> Sequence[str]:
    """Lift the suppressions that match all of `filters` and return their ids. They stay in the history."""
    be_the_one_writer(tx)
    matching = and_(true(), *_matching(suppressions, filters))
    statement = lifted(matching, at=func.clock_timestamp(), by=by, because=because)
    return tx.execute(statement.returning(lifted_suppressions.c.id)).scalars().all()


def _matching(table: Table, filters: Mapping[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in filters.items()]
