"""Signs people in to the web page and out again: by password, or by a link that works once.

Who holds a session's token is signed in; of the token its SHA-256 alone is stored. A session ends after IDLE without
use, after LONGEST in any case, and at once when its user is deleted, disabled, or gets another role or password.
How often somebody may try is for the caller to limit, before a password is hashed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from orchestrator.operations.access.audit import record_change
from orchestrator.operations.access.manage_keys import digest_of
from orchestrator.operations.access.manage_users import LOGIN, canonical_login
from orchestrator.operations.access.passwords import hash_password, is_outdated, is_password
from orchestrator.policy.roles import Role
from orchestrator.store.sql import sessions, users
from orchestrator.store.sql.engine import statement_by_statement

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
LINK_LASTS: Final = timedelta(minutes=10)

_NOBODY = "nobody"
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class User:
    """Somebody whose password was right."""

    id: str
    name: str
    role: Role
    password_hash: str


@dataclass(frozen=True)
class Session:
    """Who is signed in: `user_id` is None for who came by a link. `csrf` goes into each form and is asked for again."""

    user_id: str | None
    name: str
    role: Role
    csrf: str
    expires_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """A session that was just opened, and the token that goes into its cookie: it is told this once."""

    token: str
    session: Session


def verify_password(login: str, password: str, *, sql: Engine) -> User | None:
    """Return whose login and password these are; None for a wrong one and for a disabled user, all in the same time.

    A digest of older parameters is written anew. Raises LimitReached while too many passwords are verified.
    """
    row = _find(login, sql)
    if not is_password(password, row.password_hash if row else None) or row is None or row.disabled_at is not None:
        return None
    return User(row.id, row.name, Role(row.role), _renewed(row, password, sql))


def sign_in(login: str, password: str, *, now: datetime, sql: Engine) -> SignedIn | None:
    """Open a session for a login and its password; None if they are wrong or the user is disabled. Both are recorded.

    Raises LimitReached while too many passwords are verified.
    """
    if user := verify_password(login, password, sql=sql):
        with sql.begin() as tx:
            if signed_in := open_session(tx, user.id, password_hash=user.password_hash, now=now):
                return signed_in
    _record_failure(login, sql)
    return None


def open_session(tx: Connection, user_id: str, *, password_hash: str, now: datetime) -> SignedIn | None:
    """Open a session in the caller's transaction; None where the password is another by now, or the user disabled."""
    sessions.delete_ended(tx, now=now)
    row = users.note_sign_in(tx, user_id, password_hash=password_hash)
    return _open(tx, "sign in", user_id, row.name, Role(row.role), now) if row else None


def find_session(token: str, *, now: datetime, sql: Engine) -> Session | None:
    """Return the session of a token and note its use; None for one that is over, was ended, or there never was."""
    digest = digest_of(token)
    with sql.begin() as tx:
        row = sessions.find_session(tx, digest, now=now, used_after=now - IDLE)
        if row is not None:
            sessions.note_use(tx, digest, now=now)
    return _session(row) if row else None


def find_watching_sessions(digests: Sequence[bytes], *, now: datetime, sql: Engine) -> dict[bytes, Session]:
    """Return the sessions of these tokens' digests, without those that are over.

    It is no use of them: a page that asks by itself for what is new does not keep a session alive.
    """
    with statement_by_statement(sql).connect() as tx:
        rows = sessions.find_sessions(tx, digests, now=now, used_after=now - IDLE)
    return {row.digest: _session(row) for row in rows}


def sign_out(token: str, *, sql: Engine) -> None:
    """End the session of a token; nothing happens if it is over."""
    with sql.begin() as tx:
        sessions.delete_session(tx, digest_of(token))


def sign_out_everywhere(user_id: str, *, sql: Engine) -> int:
    """End all sessions of a user, and return how many there were."""
    with sql.begin() as tx:
        return sessions.delete_sessions_of(tx, user_id)


def create_sign_in_link(role: Role, *, by: str, now: datetime, sql: Engine) -> str:
    """Return the token of a link that signs in once, with a role and without a user, within LINK_LASTS."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values = {"digest": digest_of(token), "role": role.value, "created_by": by, "created_at": now}
    with sql.begin() as tx:
        sessions.delete_ended(tx, now=now)
        sessions.insert_link(tx, {**values, "expires_at": now + LINK_LASTS})
    return token


def use_sign_in_link(token: str, *, now: datetime, sql: Engine) -> SignedIn | None:
    """Use a link up and open its session, in one transaction; None if it is used, over, or there is none.

    Whatever fetches the link uses it up, a program that looks ahead too: ask for it by POST.
    """
    with sql.begin() as tx:
        link = sessions.use_link(tx, digest_of(token), now=now)
        if link is None:
            _record(tx, "sign in refused", subject="link")
            return None
        return _open(tx, "sign in by link", None, f"link of {link.created_by}", Role(link.role), now)


def _open(tx: Connection, action: str, user_id: str | None, name: str, role: Role, now: datetime) -> SignedIn:
    token, csrf = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    session = Session(user_id, name, role, csrf, now + LONGEST)
    times = {"created_at": now, "last_used_at": now, "expires_at": session.expires_at}
    who = {"user_id": user_id} if user_id else {"name": name, "role": role.value}
    sessions.insert_session(tx, {"digest": digest_of(token), "csrf": csrf, **who, **times})
    _record(tx, action, subject=user_id or "link", by=name, user_id=user_id)
    return SignedIn(token, session)


def _session(row: Row[Any]) -> Session:
    return Session(row.user_id, row.name, Role(row.role), row.csrf, row.expires_at)


def _find(login: str, sql: Engine) -> Row[Any] | None:
    canonical = canonical_login(login)
    if not re.fullmatch(LOGIN, canonical):
        return None
    with sql.connect() as tx:
        return users.find_password(tx, canonical)


def _renewed(row: Row[Any], password: str, sql: Engine) -> str:
    if not is_outdated(row.password_hash):
        return str(row.password_hash)
    renewed = hash_password(password)
    with sql.begin() as tx:
        return renewed if users.replace_hash(tx, row.id, old=row.password_hash, new=renewed) else row.password_hash


def _record(tx: Connection, action: str, *, subject: str, by: str = _NOBODY, user_id: str | None = None) -> None:
    record_change(tx, action, subject=subject, before=None, after=None, by=by, key_id=None, user_id=user_id)


def _record_failure(login: str, sql: Engine) -> None:
    """Record a refused sign-in without the login: it may be the password, typed in the wrong field."""
    row = _find(login, sql)
    with sql.begin() as tx:
        _record(tx, "sign in refused", subject=row.id if row else "user")
