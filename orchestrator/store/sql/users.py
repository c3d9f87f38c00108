"""Queries on users: people who sign in to the web page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import users

# All but the digest of the password, which a view cannot show by mistake then.
_SHOWN: Final = tuple(column for column in users.c if column is not users.c.password_hash)


def insert_user(tx: Connection, values: Mapping[str, Any]) -> Row[Any] | None:
    """Insert a user and return it; None if another has the login."""
    made = insert(users).values(values).on_conflict_do_nothing(index_elements=[users.c.login])
    return tx.execute(made.returning(*_SHOWN)).first()


def find_user(tx: Connection, user_id: str, *, locked: bool = False) -> Row[Any] | None:
    """Return a user without the digest of the password; `locked` until the end of the transaction."""
    query = select(*_SHOWN).where(users.c.id == user_id)
    return tx.execute(query.with_for_update() if locked else query).first()


def list_users(tx: Connection, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of users, newest first."""
    return tx.execute(newest_first(select(*_SHOWN), users.c.id, after=after, limit=limit)).all()


def change_user(tx: Connection, user_id: str, values: Mapping[str, Any]) -> Row[Any]:
    """Change a user, which is locked, and return it."""
    changed = update(users).where(users.c.id == user_id).values(**values, updated_at=func.now())
    return tx.execute(changed.returning(*_SHOWN)).one()


def delete_user(tx: Connection, user_id: str) -> bool:
    """Delete a user with its sessions; False if there is none."""
    return tx.execute(delete(users).where(users.c.id == user_id)).rowcount == 1


def find_password(tx: Connection, login: str) -> Row[Any] | None:
    """Return a user with the digest of the password, by login; disabled ones too."""
    return tx.execute(select(users).where(users.c.login == login)).first()


def replace_hash(tx: Connection, user_id: str, *, old: str, new: str) -> bool:
    """Write the same password's digest anew; False if the password was changed meanwhile."""
    same = users.c.id == user_id, users.c.password_hash == old
    return tx.execute(update(users).where(*same).values(password_hash=new)).rowcount == 1


def note_sign_in(tx: Connection, user_id: str, *, password_hash: str) -> Row[Any] | None:
    """Lock a user and note the sign-in; None if the password was changed or the user disabled since it was verified."""
    still = users.c.id == user_id, users.c.password_hash == password_hash, users.c.disabled_at.is_(None)
    return tx.execute(update(users).where(*still).values(last_sign_in_at=func.now()).returning(*_SHOWN)).first()
