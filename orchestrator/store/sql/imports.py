"""Queries on imports: their counts while they run, their rejects, and their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import contacts, import_rejects, imports

REJECTS_KEPT = 100_000  # of one import; all are counted
_SILENT_FOR = text("interval '10 minutes'")  # an upload may be slow, but some batch of it is written in this time
_INTERRUPTED = {
    "code": "interrupted",
    "detail": "The process that wrote it ended, or the upload stood still; send it again.",
}


def insert_import(tx: Connection, import_id: str, campaign_id: str, params: Mapping[str, Any]) -> None:
    """Open an import: as long as it is `running` its campaign cannot complete."""
    tx.execute(insert(imports).values(id=import_id, campaign_id=campaign_id, params=params))


def find_import(tx: Connection, import_id: str) -> Row[Any] | None:
    """Return an import."""
    return tx.execute(select(imports).where(imports.c.id == import_id)).first()


def list_imports(tx: Connection, campaign_id: str, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of a campaign's imports, newest first, and one row more."""
    query = select(imports).where(imports.c.campaign_id == campaign_id)
    return tx.execute(newest_first(query, imports.c.id, after=after, limit=limit)).all()


def lock_running(tx: Connection, import_id: str) -> bool:
    """Lock an import for one batch; False when it was withdrawn meanwhile."""
    query = select(imports.c.id).where(imports.c.id == import_id, imports.c.status == "running")
    return tx.execute(query.with_for_update()).first() is not None


def count_batch(
    tx: Connection, import_id: str, counts: Mapping[str, int], *, problems: Sequence[Mapping[str, Any]]
) -> None:
    """Add a batch's counts, and store the kinds of problems of all rows so far."""
    added = {name: imports.c[name] + count for name, count in counts.items()}
    params = imports.c.params.op("||")(literal({"problems": problems}, JSONB))
    values = {**added, "params": params, "touched_at": func.now()}
    tx.execute(update(imports).where(imports.c.id == import_id).values(values))


def close_import(tx: Connection, import_id: str, *, status: str, error: Mapping[str, Any] | None = None) -> None:
    """End an import that is running."""
    is_running = (imports.c.id == import_id, imports.c.status == "running")
    tx.execute(update(imports).where(*is_running).values(status=status, error=error, touched_at=func.now()))


def close_silent_imports(tx: Connection) -> list[str]:
    """Fail running imports that have written nothing for 10 minutes; return their ids."""
    is_silent = (imports.c.status == "running", imports.c.touched_at < func.now() - _SILENT_FOR)
    closed = update(imports).where(*is_silent).values(status="failed", error=_INTERRUPTED).returning(imports.c.id)
    return list(tx.execute(closed).scalars())


def withdraw_import(tx: Connection, import_id: str) -> None:
    """Stop an import and delete its rejects; no batch is written after this has committed."""
    tx.execute(select(imports.c.id).where(imports.c.id == import_id).with_for_update())
    tx.execute(update(imports).where(imports.c.id == import_id).values(status="withdrawn"))
    tx.execute(delete(import_rejects).where(import_rejects.c.import_id == import_id))


def insert_rejects(tx: Connection, import_id: str, rejects: Sequence[Mapping[str, Any]]) -> None:
    """Keep refused rows with their reasons."""
    if rejects:
        rows = [{"import_id": import_id, **reject} for reject in rejects]
        tx.execute(upsert(import_rejects).on_conflict_do_nothing(), rows)


def first_rejects(tx: Connection, import_id: str, *, limit: int) -> Sequence[Row[Any]]:
    """Return the first refused rows, invalid ones before duplicates."""
    query = select(import_rejects).where(import_rejects.c.import_id == import_id)
    ordered = query.order_by(import_rejects.c.status.desc(), import_rejects.c.row)
    return tx.execute(ordered.limit(limit)).all()


def reject_details(tx: Connection, import_id: str, rows: Sequence[int]) -> dict[int, str]:
    """Return the details of these rows."""
    query = select(import_rejects.c.row, import_rejects.c.detail)
    these = (import_rejects.c.import_id == import_id, import_rejects.c.row.in_(rows))
    return {row.row: row.detail for row in tx.execute(query.where(*these))}


def rejects_after(tx: Connection, import_id: str, row: int, *, limit: int) -> Sequence[Row[Any]]:
    """Return refused rows in the file's order, from the one after `row`."""
    query = select(import_rejects).where(import_rejects.c.import_id == import_id, import_rejects.c.row > row)
    return tx.execute(query.order_by(import_rejects.c.row).limit(limit)).all()


def contact_ids_after(tx: Connection, import_id: str, contact_id: str, *, limit: int) -> list[str]:
    """Return ids of an import's contacts, in order, from the one after `contact_id`."""
    query = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.id > contact_id)
    return list(tx.execute(query.order_by(contacts.c.id).limit(limit)).scalars())


def cancel_undialed(tx: Connection, contact_ids: Sequence[str], *, skip_locked: bool) -> None:
    """Cancel those of these contacts that were never dialed.

    With `skip_locked` those that are being claimed are left out, else their claim is waited for.
    """
    undialed = (
        select(contacts.c.id)
        .where(contacts.c.id.in_(contact_ids), contacts.c.status.in_(CLAIMABLE), contacts.c.attempts == 0)
        .order_by(contacts.c.id)
        .with_for_update(skip_locked=skip_locked)
    )
    canceled = change_state(ContactStatus.CANCELED, among=CLAIMABLE).where(contacts.c.id.in_(undialed))
    tx.execute(canceled.values(reason=Reason.IMPORT_WITHDRAWN.value, due_at=None, updated_at=func.now()))
