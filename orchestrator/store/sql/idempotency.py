"""Queries on idempotency keys and the answers kept for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.sql.tables import idempotency_keys as keys

_KEPT = text("interval '24 hours'")
_STALE = text("interval '60 seconds'")


def insert_key(tx: Connection, key: str, *, scope: str, body_hash: str) -> Row[Any] | None:
    """Insert a key that is new or older than 24 h and return its row; None when it exists already."""
    fresh = insert(keys).values(key=key, scope=scope, body_hash=body_hash)
    forgotten = {"body_hash": body_hash, "status": None, "response": None, "content_type": None}
    entered = fresh.on_conflict_do_update(
        index_elements=[keys.c.key, keys.c.scope],
        set_={**forgotten, "created_at": func.now(), "taken_at": func.now()},
        where=keys.c.created_at < func.now() - _KEPT,
    ).returning(keys.c.created_at)
    return tx.execute(entered).first()


def find_key(tx: Connection, key: str, scope: str) -> Row[Any] | None:
    """Return a key's row."""
    return tx.execute(select(keys).where(keys.c.key == key, keys.c.scope == scope)).first()


def take_over_key(tx: Connection, key: str, scope: str) -> bool:
    """Take a key that nobody answers any more: of several who ask at once, one does."""
    is_free = or_(keys.c.taken_at.is_(None), keys.c.taken_at < func.now() - _STALE)
    ours = update(keys).where(keys.c.key == key, keys.c.scope == scope, keys.c.status.is_(None), is_free)
    return tx.execute(ours.values(taken_at=func.now())).rowcount == 1


def store_response(
    tx: Connection, key: str, scope: str, *, status: int, response: bytes, content_type: str | None
) -> None:
    """Keep the first answer of a key."""
    kept = {"status": status, "response": response, "content_type": content_type}
    tx.execute(update(keys).where(keys.c.key == key, keys.c.scope == scope).values(kept))


def release_key(tx: Connection, key: str, scope: str) -> None:
    """Let the next who comes with this key take it at once."""
    ours = update(keys).where(keys.c.key == key, keys.c.scope == scope, keys.c.status.is_(None))
    tx.execute(ours.values(taken_at=None))


def purge_keys(tx: Connection, *, limit: int = 20) -> None:
    """Delete some keys older than 24 h; called with every new one, so that the table holds one day."""
    old = select(keys.c.key, keys.c.scope).where(keys.c.created_at < func.now() - _KEPT)
    some = old.limit(limit).with_for_update(skip_locked=True).subquery()
    tx.execute(delete(keys).where(keys.c.key == some.c.key, keys.c.scope == some.c.scope))
