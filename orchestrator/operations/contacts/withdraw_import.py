"""Withdraws an import: its contacts that were never dialed are canceled, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.manage_imports import find_import
from orchestrator.operations.dialing.release_attempts import ReleaseReason, free_channels, withdraw
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import imports as queries_imports
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.tables import calls, contacts
from orchestrator.store.timeouts import SWEEPING

if TYPE_CHECKING:
    from orchestrator.services import Services

_BATCH = 2_000


def withdraw_import(services: Services, import_id: str) -> Row[Any]:
    """Cancel the import's contacts that were never dialed, claimed ones included, and return it; safe to repeat."""
    find_import(services, import_id)
    with services.sql.begin() as tx:
        allow(tx, SWEEPING)
        queries_imports.withdraw_import(tx, import_id)
    for skip_locked in (True, False):  # first in peace, then the few that dispatchers were holding
        _cancel_undialed(services, import_id, skip_locked=skip_locked)
    with services.sql.begin() as tx:
        allow(tx, SWEEPING)
        mine = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.attempts == 0)
        claimed = calls.c.contact_id.in_(mine) & (calls.c.state == "reserved")
        way = ReleaseReason(Reason.CONTACT_CLOSED, final=ContactStatus.CANCELED, counts=False)
        withdrawn = withdraw(tx, claimed, way)
    free_channels(services.redis, Keys(), withdrawn)
    return find_import(services, import_id)


def _cancel_undialed(services: Services, import_id: str, *, skip_locked: bool) -> None:
    last = ""
    while True:
        with services.sql.begin() as tx:
            ids = queries_imports.contact_ids_after(tx, import_id, last, limit=_BATCH)
            queries_imports.cancel_undialed(tx, ids, skip_locked=skip_locked)
        if not ids:
            return
        last = ids[-1]
