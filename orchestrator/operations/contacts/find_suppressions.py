"""Finds suppressions and lifts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.store.sql import suppressions
from orchestrator.store.sql.campaigns import find_campaign


@dataclass(frozen=True)
class Found:
    """A suppression with the requests for it, oldest first."""

    row: Row[Any]
    requests: Sequence[Row[Any]]

    @property
    def id(self) -> str:
        """The suppression's id."""
        return str(self.row.id)


def check_scope(scope: str, *, sql: Engine) -> None:
    """Raise InvalidInput for a scope that is neither `global` nor a campaign there is."""
    with sql.connect() as tx:
        if scope != "global" and find_campaign(tx, scope) is None:
            raise InvalidInput([FieldError("/scope", "unknown_scope", f"there is no campaign {scope}")])


def list_suppressions(
    filters: Mapping[str, Any], *, past_too: bool, after: str | None, limit: int, sql: Engine
) -> list[Found]:
    """Return a page of suppressions, newest first; with `past_too` also those lifted or expired."""
    with sql.connect() as tx:
        return _list(tx, filters, past_too=past_too, after=after, limit=limit)


def find_suppression(suppression_id: str, *, sql: Engine) -> Found:
    """Return a suppression, one that is over too; raise NotFound for none."""
    with sql.connect() as tx:
        found = _list(tx, {"id": suppression_id}, past_too=True, after=None, limit=1)
    if not found:
        raise NotFound("suppression", suppression_id)
    return found[0]


def find_last(phone: str, scope: str, *, sql: Engine) -> Found:
    """Return the newest suppression of a number within a scope; there must be one."""
    with sql.connect() as tx:
        return last_of(tx, phone, scope)


def last_of(tx: Connection, phone: str, scope: str) -> Found:
    """Return the newest suppression of a number within a scope as it stands in this transaction; there must be one."""
    return _list(tx, {"phone": phone, "scope": scope}, past_too=True, after=None, limit=1)[0]


def lift_suppression(filters: Mapping[str, Any], *, by: str, because: str | None, sql: Engine) -> None:
    """Lift suppressions; contacts that ended as suppressed stay ended. Raises NotFound for none."""
    with sql.begin() as tx:
        lifted = suppressions.lift_suppressions(tx, filters, by=by, because=because)
        if not lifted:
            raise NotFound("suppression", " and ".join(str(value) for value in filters.values()))
        concerns(lifted[0])  # a number has one within a scope


def _list(tx: Connection, filters: Mapping[str, Any], *, past_too: bool, after: str | None, limit: int) -> list[Found]:
    rows = suppressions.list_suppressions(tx, filters, past_too=past_too, after=after, limit=limit)
    requests = suppressions.read_requests(tx, [row.id for row in rows])
    return [Found(row, requests[row.id]) for row in rows]
