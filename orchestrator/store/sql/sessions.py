"""Queries on the sessions of those who are signed in, and on links that sign in once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, and_, delete, func, insert, or_, select, update

from orchestrator.store.sql.tables import sign_in_links, sign_in_sessions, users

_AGAIN: Final = timedelta(minutes=1)
_SESSION: Select[Any] = (
    select(
        sign_in_sessions.c.digest,
        sign_in_sessions.c.user_id,
        func.coalesce(users.c.name, sign_in_sessions.c.name).label("name"),
        func.coalesce(users.c.role, sign_in_sessions.c.role).label("role"),
        sign_in_sessions.c.csrf,
        sign_in_sessions.c.created_at,
        sign_in_sessions.c.last_used_at,
        sign_in_sessions.c.expires_at,
    )
    .outerjoin(users, users.c.id == sign_in_sessions.c.user_id)
    .where(or_(sign_in_sessions.c.user_id.is_(None), and_(users.c.id.is_not(None), users.c.disabled_at.is_(None))))
)


def insert_session(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert a session."""
    tx.execute(insert(sign_in_sessions).values(values))


def find_session(tx: Connection, digest: bytes, *, now: datetime, used_after: datetime) -> Row[Any] | None:
    """Return a session with the name and the role of its holder, unless it is over or was used last before."""
    return next(iter(find_sessions(tx, [digest], now=now, used_after=used_after)), None)


def find_sessions(
    tx: Connection, digests: Sequence[bytes], *, now: datetime, used_after: datetime
) -> Sequence[Row[Any]]:
    """Return those of the sessions that are neither over nor were used last before."""
    lasts = sign_in_sessions.c.expires_at > now, sign_in_sessions.c.last_used_at > used_after
    return tx.execute(_SESSION.where(sign_in_sessions.c.digest.in_(digests), *lasts)).all()


def note_use(tx: Connection, digest: bytes, *, now: datetime) -> None:
    """Note that a session is used, once a minute."""
    of_this = sign_in_sessions.c.digest == digest, sign_in_sessions.c.last_used_at <= now - _AGAIN
    tx.execute(update(sign_in_sessions).where(*of_this).values(last_used_at=now))


def delete_session(tx: Connection, digest: bytes) -> bool:
    """End a session; False if there is none."""
    return tx.execute(delete(sign_in_sessions).where(sign_in_sessions.c.digest == digest)).rowcount == 1


def delete_sessions_of(tx: Connection, user_id: str) -> int:
    """End all sessions of a user, and return how many."""
    return tx.execute(delete(sign_in_sessions).where(sign_in_sessions.c.user_id == user_id)).rowcount


def insert_link(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert a link that signs in once."""
    tx.execute(insert(sign_in_links).values(values))


def use_link(tx: Connection, digest: bytes, *, now: datetime) -> Row[Any] | None:
    """Use a link up and return it; None if it is used, over, or there is none. Of two at once, one gets it."""
    unused = sign_in_links.c.digest == digest, sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > now
    return tx.execute(update(sign_in_links).where(*unused).values(used_at=now).returning(sign_in_links)).first()


def delete_ended(tx: Connection, *, now: datetime) -> None:
    """Delete sessions and links that are over; those that another transaction deletes are left to it."""
    for table in (sign_in_sessions, sign_in_links):
        tx.execute(delete(table).where(table.c.digest.in_(_ended(table, now))))


def _ended(table: Table, now: datetime) -> Any:
    return select(table.c.digest).where(table.c.expires_at <= now).with_for_update(skip_locked=True)
