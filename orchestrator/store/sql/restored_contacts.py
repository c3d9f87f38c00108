"""Holds everybody whom a backup would let be called again, until a person releases them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, select, text

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.bulk_changes import RUNNING, STOPPED
from orchestrator.store.sql.state_changes import change_state, sources_of
from orchestrator.store.sql.tables import contacts

_WRITE_RESTORED = text(
    "INSERT INTO installation (id, restored_at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET restored_at = now()"
)
_MAY_BE_HELD = sources_of(ContactStatus.HELD, among=(ContactStatus.WAITING,))
# Whose last call could not be recorded is held for that already, until a person acts. Who had a time to wait for, as
# that of a retry or a callback, waits for it behind the release too.
_HOLD = text(
    f"""
    UPDATE contacts SET status = '{ContactStatus.HELD}', reason = '{Reason.RESTORED}', due_at = NULL,
        not_before = CASE WHEN due_at > now() THEN due_at ELSE not_before END, updated_at = now()
    WHERE status IN {_MAY_BE_HELD}
        OR (status = '{ContactStatus.HELD}' AND reason IS DISTINCT FROM '{Reason.RECORD_FAILED}')
    """  # noqa: S608 built from constants
)
_STOP_CHANGES = text(
    f"""
    UPDATE bulk_changes SET status = '{STOPPED}', filter = '{{}}', touched_at = now(), error = jsonb_build_object(
        'code', '{Reason.RESTORED}', 'detail', 'It was under way when the backup was made; ask for it again.')
    WHERE status = '{RUNNING}' AND kind IN ('redial', 'copy')
    """  # noqa: S608 built from constants
)


def hold_everybody(tx: Connection) -> None:
    """Hold who waits or is held, note the time for those who are in a call, and stop what would put others in line."""
    tx.execute(_WRITE_RESTORED)
    tx.execute(_HOLD)
    tx.execute(_STOP_CHANGES)


def is_restored() -> ColumnElement[bool]:
    """Select the contacts that a restore holds."""
    return and_(contacts.c.status == ContactStatus.HELD, contacts.c.reason == Reason.RESTORED)


def release_restored(tx: Connection, contact_ids: Sequence[str]) -> int:
    """Release those of these contacts that a restore holds, to be called as soon as they may be; return how many."""
    such = select(contacts.c.id).where(contacts.c.id.in_(contact_ids), is_restored())
    ids = tx.execute(such.order_by(contacts.c.id).with_for_update()).scalars().all()
    due_at = func.greatest(func.now(), contacts.c.not_before)
    released = change_state(ContactStatus.WAITING, among=(ContactStatus.HELD,)).where(contacts.c.id.in_(ids))
    return tx.execute(released.values(reason=None, due_at=due_at, updated_at=func.now())).rowcount
