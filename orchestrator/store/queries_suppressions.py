"""Queries on suppressions: the numbers that are not dialed, everywhere or in one campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, literal, select, update

from orchestrator.store.opt_outs import EXPIRY, IS_IN_FORCE, be_the_one_writer
from orchestrator.store.pages import newest_first
from orchestrator.store.tables import suppression_requests, suppressions

_STATUS = case(
    (IS_IN_FORCE, literal("in_force")),
    (suppressions.c.lifted_by == EXPIRY, literal("expired")),
    (suppressions.c.lifted_at.is_(None), literal("expired")),
    else_=literal("lifted"),
).label("status")


def list_suppressions(
    connection: Connection, filters: Mapping[str, Any], *, past_too: bool, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of suppressions with their status; `past_too`: those lifted or expired as well."""
    query = select(suppressions, _STATUS).where(*_matching(filters))
    query = query if past_too else query.where(IS_IN_FORCE)
    return connection.execute(newest_first(query, suppressions.c.id, after=after, limit=limit)).all()


def read_requests(connection: Connection, suppression_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Return who asked for each of these suppressions, oldest first."""
    asked = suppression_requests
    query = select(asked).where(asked.c.suppression_id.in_(suppression_ids)).order_by(asked.c.id)
    by_id: dict[str, list[Row[Any]]] = {ident: [] for ident in suppression_ids}
    for row in connection.execute(query):
        by_id[row.suppression_id].append(row)
    return by_id


def lift_suppressions(connection: Connection, filters: Mapping[str, Any], *, by: str, because: str | None) -> int:
    """Lift what matches all of `filters` and return how many that were; the rows stay and say who, when and why."""
    be_the_one_writer(connection)
    lifted = {"lifted_at": func.clock_timestamp(), "lifted_by": by, "because": because}
    matching = (*_matching(filters), suppressions.c.lifted_at.is_(None))
    return int(connection.execute(update(suppressions).where(*matching).values(lifted)).rowcount)


def _matching(filters: Mapping[str, Any]) -> list[Any]:
    return [suppressions.c[name] == value for name, value in filters.items()]
