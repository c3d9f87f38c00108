"""Keyset pages in SQL: newest first by id, and one row more than requested, to know whether there are more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select


def newest_first(query: Select[Any], ident: ColumnElement[Any], *, after: str | None, limit: int) -> Select[Any]:
    """Return `query` cut to the page that follows the id `after`."""
    if after is not None:
        query = query.where(ident < after)
    return query.order_by(ident.desc()).limit(limit + 1)
