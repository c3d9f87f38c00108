"""Keyset pages in SQL: newest first by id, and one row more than requested, to know whether there are more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, literal


def newest_first(query: Select[Any], ident: ColumnElement[Any], *, after: str | None, limit: int) -> Select[Any]:
    """Return `query` cut to the page that follows the id `after`.

    The limit stands in the text: a plan for any limit would be one for a tenth of the table.
    """
    if after is not None:
        query = query.where(ident < after)
    return query.order_by(ident.desc()).limit(literal(limit + 1, literal_execute=True))
