"""Finds imports and the rows they refused, withdraws them, and fails those whose process has died."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import NotFound
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.dialing.drain_dials import free_or_leave, wait_for_earlier_sends
from orchestrator.operations.dialing.release_attempts import ReleaseReason, release_attempts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters, imports
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.campaigns import find_campaign
from orchestrator.store.timeouts import SWEEPING

_REJECTS_READ, _CONTACTS_CANCELED = 1_000, 2_000  # at once


def find_import(import_id: str, *, sql: Engine) -> Row[Any]:
    """Return an import; raise NotFound for none."""
    with sql.connect() as tx:
        row = imports.find_import(tx, import_id)
    if row is None:
        raise NotFound("import", import_id)
    return row


def list_imports(campaign_id: str, *, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of a campaign's imports, newest first, and one row more; raise NotFound for no such campaign."""
    with sql.connect() as tx:
        if find_campaign(tx, campaign_id) is None:
            raise NotFound("campaign", campaign_id)
        return imports.list_imports(tx, campaign_id, after=after, limit=limit)


def problem_kinds(row: Row[Any], *, sql: Engine) -> list[dict[str, Any]]:
    """Return the refused rows of an import by kind, with the detail of the first of each; none for old imports."""
    kinds = row.params.get("problems", [])
    firsts = [kind["rows"][0] for kind in kinds]
    with sql.connect() as tx:
        details = imports.reject_details(tx, row.id, firsts)
    return [{**kind, "detail": details.get(kind["rows"][0], "")} for kind in kinds]


def each_reject(import_id: str, *, sql: Engine) -> Iterator[Row[Any]]:
    """Yield every refused row that was kept, in the file's order, holding no connection in between."""
    last = 0
    while True:
        with sql.connect() as tx:
            rows = imports.rejects_after(tx, import_id, last, limit=_REJECTS_READ)
        if not rows:
            return
        yield from rows
        last = rows[-1].row


def withdraw_import(import_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> Row[Any]:
    """Cancel the import's contacts that were never dialed, claimed ones included, and return it; safe to repeat."""
    find_import(import_id, sql=sql)
    with sql.begin() as tx:
        allow(tx, SWEEPING)
        imports.withdraw_import(tx, import_id)
    for skip_locked in (True, False):  # first those that are free, then the few that dispatchers had locked
        _cancel_undialed(sql, import_id, skip_locked=skip_locked)
    with sql.begin() as tx:
        allow(tx, SWEEPING)
        way = ReleaseReason(Reason.CONTACT_CLOSED, final=ContactStatus.CANCELED, counts=False)
        firsts = call_filters.first_of_import(import_id)
        withdrawn = release_attempts(tx, firsts & call_filters.is_reserved(), way)
    free_or_leave(client, keys, withdrawn)
    wait_for_earlier_sends(firsts, sql=sql)
    return find_import(import_id, sql=sql)


def _cancel_undialed(sql: Engine, import_id: str, *, skip_locked: bool) -> None:
    last = ""
    while True:
        with sql.begin() as tx:
            ids = imports.contact_ids_after(tx, import_id, last, limit=_CONTACTS_CANCELED)
            imports.cancel_undialed(tx, ids, skip_locked=skip_locked)
        if not ids:
            return
        last = ids[-1]


def close_dead_imports(sql: Engine) -> list[str]:
    """Fail imports that have written nothing for 10 minutes and return their ids; the rows they wrote stay.

    Else an import whose process died would keep its campaign from completing for ever (R22).
    """
    with sql.begin() as tx:
        return imports.close_silent_imports(tx)
