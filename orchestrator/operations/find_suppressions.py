"""Finds suppressions and lifts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.store import queries_suppressions
from orchestrator.store.queries_campaigns import find_campaign

if TYPE_CHECKING:
    from orchestrator.wiring import House


def check_scope(house: House, scope: str) -> None:
    """Raise InvalidInput for a scope that is neither `global` nor a campaign there is."""
    with house.sql.connect() as connection:
        if scope != "global" and find_campaign(connection, scope) is None:
            raise InvalidInput([FieldError("/scope", "unknown_scope", f"there is no campaign {scope}")])


def list_suppressions(house: House, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of suppressions, newest first."""
    with house.sql.connect() as connection:
        return queries_suppressions.list_suppressions(connection, filters, after=after, limit=limit)


def lift_suppression(house: House, filters: Mapping[str, Any]) -> None:
    """Let a number be dialed again; contacts that ended as suppressed stay ended. Raises NotFound for none."""
    with house.sql.begin() as connection:
        if not queries_suppressions.delete_suppression(connection, filters):
            raise NotFound("suppression", " and ".join(str(value) for value in filters.values()))
