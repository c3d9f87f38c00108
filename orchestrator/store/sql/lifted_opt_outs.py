"""Moves suppressions that were lifted or have expired to a table of their own, with who, when and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Insert, TextClause, delete, insert, literal, select

from orchestrator.store.sql.tables import lifted_suppressions, suppressions

LIFTING = ("lifted_at", "lifted_by", "because")
"""The columns that a lifted suppression has beside those of one in force."""


def lifted(
    which: ColumnElement[bool] | TextClause, *, at: ColumnElement[Any] | None = None, by: str, because: str | None
) -> Insert:
    """Return the statement that moves `which` suppressions to the lifted ones; `at` None: each when it expired."""
    over = delete(suppressions).where(which).returning(*suppressions.c).cte("over")
    moved = select(*over.c, over.c.expires_at if at is None else at, literal(by), literal(because))
    names = [*suppressions.c.keys(), *LIFTING]
    return insert(lifted_suppressions).from_select(names, moved)
