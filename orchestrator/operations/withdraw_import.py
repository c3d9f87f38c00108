"""Withdraws an import: its contacts that were never dialed are canceled, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from orchestrator.operations.find_imports import find_import
from orchestrator.operations.withdraw_calls import WayBack, free_channels, withdraw
from orchestrator.policy.reasons import FinalStatus, Reason
from orchestrator.store import queries_imports
from orchestrator.store.keys import Keys
from orchestrator.store.tables import calls, contacts

if TYPE_CHECKING:
    from orchestrator.wiring import House

_BATCH = 2_000


def withdraw_import(house: House, import_id: str) -> Row[Any]:
    """Cancel the import's contacts that were never dialed, claimed ones included, and return it; safe to repeat."""
    find_import(house, import_id)
    with house.sql.begin() as connection:
        queries_imports.withdraw_import(connection, import_id)
    for skip_locked in (True, False):  # first in peace, then the few that dispatchers were holding
        while _cancel_some(house, import_id, skip_locked=skip_locked):
            pass
    with house.sql.begin() as connection:
        mine = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.attempts == 0)
        claimed = calls.c.contact_id.in_(mine) & (calls.c.state == "reserved")
        way = WayBack(Reason.CONTACT_CLOSED, final=FinalStatus.CANCELED, counts=False)
        withdrawn = withdraw(connection, claimed, way)
    free_channels(house.redis, Keys(), withdrawn)
    return find_import(house, import_id)


def _cancel_some(house: House, import_id: str, *, skip_locked: bool) -> int:
    with house.sql.begin() as connection:
        return queries_imports.cancel_undialed(connection, import_id, limit=_BATCH, skip_locked=skip_locked)
