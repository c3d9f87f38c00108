"""Shows and changes the limits of the carrier account: calls per second and live calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine, Row

from orchestrator.bounds import CallsPerSecond, LiveCalls
from orchestrator.errors import NotFound
from orchestrator.policy.phone.dial_regions import MEAN as DIAL_REGIONS_MEAN
from orchestrator.policy.phone.dial_regions import DialRegions
from orchestrator.settings import Settings
from orchestrator.store.sql.connections import (
    ensure_connection,
    find_connection,
    list_connections,
    lock_connection,
    update_connection,
)
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is


class ConnectionChange(BaseModel):
    """What may change about a connection."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    calls_per_second: CallsPerSecond = Field(default=1, description="Dials per second the account may start.")
    max_live_calls: LiveCalls = Field(default=2, description="Channels of the account.")
    dial_regions: DialRegions | None = Field(default=None, description=DIAL_REGIONS_MEAN)


def show_connection(connection_id: str, *, sql: Engine, settings: Settings) -> Row[Any]:
    """Return the row of a connection; raise NotFound for one that is not this installation's."""
    with sql.begin() as tx:
        _ensure_own(tx, settings, connection_id)
        row = find_connection(tx, connection_id)
    if row is None:
        raise NotFound("connection", repr(connection_id))
    return row


def list_known_connections(*, after: str | None, limit: int, sql: Engine, settings: Settings) -> Sequence[Row[Any]]:
    """Return a page of the connections that this installation dials or has dialed from, by their ids downwards."""
    with sql.begin() as tx:
        if settings.telnyx_connection_id:
            ensure_connection(tx, settings)
        return list_connections(tx, after=after, limit=limit)


def change_connection(
    connection_id: str,
    change: ConnectionChange,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    settings: Settings,
) -> Row[Any]:
    """Change what `change` names and return the row; in force from the dispatcher's next round on."""
    with sql.begin() as tx:
        _ensure_own(tx, settings, connection_id)
        if (before := lock_connection(tx, connection_id)) is not None:
            expects(before._mapping)
        row = update_connection(tx, connection_id, change.model_dump(exclude_unset=True))
    if row is None:
        raise NotFound("connection", repr(connection_id))
    return row


def _ensure_own(tx: Connection, settings: Settings, connection_id: str) -> None:
    if connection_id == settings.telnyx_connection_id:
        ensure_connection(tx, settings)
