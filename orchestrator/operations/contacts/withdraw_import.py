"""Withdraws an import: its contacts that were never dialed are canceled, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from orchestrator.operations.contacts.manage_imports import find_import
from orchestrator.operations.dialing.release_attempts import WayBack, free_channels, withdraw
from orchestrator.policy.hold_reasons import FinalStatus, Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import imports as queries_imports
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.tables import calls, contacts
from orchestrator.store.timeouts import SWEEPING

if TYPE_CHECKING:
    from orchestrator.services import House

_BATCH = 2_000


def withdraw_import(house: House, import_id: str) -> Row[Any]:
    """Cancel the import's contacts that were never dialed, claimed ones included, and return it; safe to repeat."""
    find_import(house, import_id)
    with house.sql.begin() as connection:
        allow(connection, SWEEPING)
        queries_imports.withdraw_import(connection, import_id)
    for skip_locked in (True, False):  # first in peace, then the few that dispatchers were holding
        _cancel_undialed(house, import_id, skip_locked=skip_locked)
    with house.sql.begin() as connection:
        allow(connection, SWEEPING)
        mine = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.attempts == 0)
        claimed = calls.c.contact_id.in_(mine) & (calls.c.state == "reserved")
        way = WayBack(Reason.CONTACT_CLOSED, final=FinalStatus.CANCELED, counts=False)
        withdrawn = withdraw(connection, claimed, way)
    free_channels(house.redis, Keys(), withdrawn)
    return find_import(house, import_id)


def _cancel_undialed(house: House, import_id: str, *, skip_locked: bool) -> None:
    last = ""
    while True:
        with house.sql.begin() as connection:
            ids = queries_imports.contact_ids_after(connection, import_id, last, limit=_BATCH)
            queries_imports.cancel_undialed(connection, ids, skip_locked=skip_locked)
        if not ids:
            return
        last = ids[-1]
