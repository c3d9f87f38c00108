"""Queries on API keys, and on the record of what was done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.sql.pagination import Listed, look_through, newest_first
from orchestrator.store.sql.tables import api_keys, audit_events

_USED_AGAIN = text("interval '1 minute'")


def insert_key(tx: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Insert a key and return it."""
    return tx.execute(insert(api_keys).values(values).returning(api_keys)).one()


def find_key(tx: Connection, key_id: str) -> Row[Any] | None:
    """Return a key, revoked and expired ones too."""
    return tx.execute(select(api_keys).where(api_keys.c.id == key_id)).first()


def list_keys(tx: Connection, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of keys, newest first."""
    return tx.execute(newest_first(select(api_keys), api_keys.c.id, after=after, limit=limit)).all()


def revoke_key(tx: Connection, key_id: str) -> bool:
    """Revoke a key; the first revocation stays. False if there is no such key."""
    revoked = update(api_keys).where(api_keys.c.id == key_id)
    revoked = revoked.values(revoked_at=func.coalesce(api_keys.c.revoked_at, func.now()))
    return tx.execute(revoked).rowcount == 1


def note_use(tx: Connection, key_id: str) -> None:
    """Note that a key is used, once a minute."""
    last = api_keys.c.last_used_at
    is_news = or_(last.is_(None), last < func.now() - _USED_AGAIN)
    tx.execute(update(api_keys).where(api_keys.c.id == key_id, is_news).values(last_used_at=func.now()))


def insert_audit_event(tx: Connection, values: Mapping[str, Any]) -> None:
    """Record that something was done; what has this id already stays as it is."""
    tx.execute(insert(audit_events).values(values).on_conflict_do_nothing())


def has_audit_event(tx: Connection, event_id: str) -> bool:
    """Say whether something is recorded under this id."""
    return tx.execute(select(audit_events.c.id).where(audit_events.c.id == event_id)).first() is not None


def list_audit_events(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Listed:
    """Return a page of what was done, newest first, filtered by equality on columns."""
    conditions = [audit_events.c[name] == filters[name] for name in sorted(filters, reverse=True)]  # subjects are many
    looked = look_through(tx, audit_events.c.id, conditions[:1], conditions[1:], after=after, limit=limit)
    shown = select(audit_events).where(audit_events.c.id.in_(looked.ids)).order_by(audit_events.c.id.desc())
    return Listed(tx.execute(shown).all(), looked.goes_on_after)
