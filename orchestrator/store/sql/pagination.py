"""Keyset pages in SQL: newest first by id, and one row more than requested, to know whether there are more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, true

LOOKED_AT = 1_000
"""Rows that one page looks at, where many have what an index leads to and few fit the other conditions."""


class Listed(NamedTuple):
    """A page, one row more than the limit if there are more; or cut short, to go on behind the id `goes_on_after`."""

    rows: Sequence[Row[Any]]
    goes_on_after: str | None = None


class Looked(NamedTuple):
    """The ids of a page, as in `Listed`."""

    ids: list[str]
    goes_on_after: str | None


def newest_first(query: Select[Any], ident: ColumnElement[Any], *, after: str | None, limit: int) -> Select[Any]:
    """Return `query` cut to the page that follows the id `after`.

    The limit stands in the text: a plan for any limit would be one for a tenth of the table.
    """
    if after is not None:
        query = query.where(ident < after)
    return query.order_by(ident.desc()).limit(literal(limit + 1, literal_execute=True))


def look_through(
    tx: Connection,
    ident: ColumnElement[Any],
    led_by: Sequence[ColumnElement[bool]],
    others: Sequence[ColumnElement[bool]],
    *,
    after: str | None,
    limit: int,
) -> Looked:
    """Return the newest rows to which `led_by` leads, in the order of an index, and that fit the other conditions.

    However few fit, no more than LOOKED_AT rows are read.
    """
    # Ids alone, which stand in the index: else a plan may look through the newest of all instead.
    newest = newest_first(select(ident.label("id")).where(*led_by), ident, after=after, limit=LOOKED_AT - 1)
    looked_at = newest.subquery("looked_at")
    # Each is judged by itself, one after the other, until there are enough.
    fits = select(and_(true(), *others).label("fits")).where(ident == looked_at.c.id)
    judged = fits.correlate(looked_at).offset(literal(0, literal_execute=True)).lateral("judged")
    in_order = select(looked_at.c.id, judged.c.fits, func.row_number().over().label("n"))
    numbered = in_order.select_from(looked_at.join(judged, true())).subquery("numbered")
    page = select(numbered).where(or_(numbered.c.fits, numbered.c.n == literal(LOOKED_AT, literal_execute=True)))
    rows = tx.execute(page.limit(literal(limit + 1, literal_execute=True))).all()
    ids = [row.id for row in rows if row.fits]
    is_cut = bool(rows) and rows[-1].n == LOOKED_AT and len(ids) <= limit
    return Looked(ids, rows[-1].id if is_cut else None)


def all_if_few(
    tx: Connection, ident: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]], *, along: ColumnElement[Any]
) -> list[str] | None:
    """Return the ids of all rows that fulfil conditions on `along`, which has an index, if they are few."""
    some = select(ident).where(*conditions).order_by(along).limit(literal(LOOKED_AT + 1, literal_execute=True))
    ids = list(tx.execute(some).scalars())
    return ids if len(ids) <= LOOKED_AT else None
