"""Creates, lists, changes and deletes users; what is stored of a password is its argon2 digest, which nothing returns.

There need not be an admin among them: the key of the settings is one, and makes the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.access.passwords import hash_password
from orchestrator.policy.roles import Role
from orchestrator.store.sql import sessions, users
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is

_ENDS_SESSIONS: Final = frozenset({"role", "password_hash", "disabled_at"})
_DIFFERENT: Final = 5
LOGIN: Final = r"[A-Za-z0-9][A-Za-z0-9._+'@-]{0,253}"
"""What a login is made of, as a regular expression: an email address or a name, in ASCII."""


def canonical_login(login: str) -> str:
    """Return a login as it is stored and compared: letters in lower case."""
    return login.strip().lower()


def create_user(*, user_id: str, name: str, login: str, role: Role, password: str, by: str, sql: Engine) -> Row[Any]:
    """Create a user; raise Conflict `login_taken`, and InvalidInput for a password that is easily guessed."""
    login = canonical_login(login)
    _refuse_guessable(password, login)
    values = {"id": user_id, "name": name, "login": login, "role": role.value, "created_by": by}
    hashed = hash_password(password)
    concerns(user_id)
    with sql.begin() as tx:
        made = users.insert_user(tx, {**values, "password_hash": hashed})
    if made is None:
        raise _taken()
    return made


def find_user(user_id: str, *, sql: Engine) -> Row[Any]:
    """Return a user; raise NotFound for none."""
    with sql.connect() as tx:
        return _found(users.find_user(tx, user_id), user_id)


def list_users(*, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of users, newest first, disabled ones too."""
    with sql.connect() as tx:
        return users.list_users(tx, after=after, limit=limit)


def change_user(
    user_id: str, changes: Mapping[str, Any], *, now: datetime, expects: Expects = whatever_it_is, sql: Engine
) -> Row[Any]:
    """Change a user's `name`, `login`, `role`, `disabled` or `password`; what is left out stays.

    Another role, a password, and disabling end the user's sessions in the same transaction. Raises NotFound, Conflict
    `login_taken`, and InvalidInput for a password that is easily guessed.
    """
    hashed = hash_password(changes["password"]) if "password" in changes else None
    try:
        with sql.begin() as tx:
            before = lock_user(tx, user_id)
            expects(before._mapping)
            return change_locked(tx, before, changes, hashed=hashed, now=now)
    except IntegrityError as err:  # the login is the one thing that is unique
        raise _taken() from err


def delete_user(user_id: str, *, sql: Engine) -> None:
    """Delete a user and end the user's sessions; raise NotFound for none. The record of changes keeps the name."""
    with sql.begin() as tx:
        if not users.delete_user(tx, user_id):
            raise NotFound("user", user_id)


def lock_user(tx: Connection, user_id: str) -> Row[Any]:
    """Lock a user until the transaction ends and return it; raise NotFound for none."""
    return _found(users.find_user(tx, user_id, locked=True), user_id)


def change_locked(
    tx: Connection, before: Row[Any], changes: Mapping[str, Any], *, hashed: str | None, now: datetime
) -> Row[Any]:
    """Change a user as `change_user` does, in the caller's transaction; `hashed` is the digest of a new password."""
    login = canonical_login(changes.get("login", before.login))
    if hashed is not None:
        _refuse_guessable(changes["password"], login)
    values = _values(before, changes, login, hashed, now)
    if not values:
        return before
    if _ENDS_SESSIONS & values.keys():
        sessions.delete_sessions_of(tx, before.id)
    return users.change_user(tx, before.id, values)


def _values(
    before: Row[Any], changes: Mapping[str, Any], login: str, hashed: str | None, now: datetime
) -> dict[str, Any]:
    was_disabled = before.disabled_at is not None
    wanted = {"name": changes.get("name", before.name), "login": login, "role": changes.get("role", before.role)}
    values = {name: value for name, value in wanted.items() if value != before._mapping[name]}
    if hashed is not None:
        values |= {"password_hash": hashed, "password_changed_at": now}
    if changes.get("disabled", was_disabled) != was_disabled:
        values["disabled_at"] = None if was_disabled else now
    return values


def _refuse_guessable(password: str, login: str) -> None:
    if password.lower() == login:
        raise InvalidInput([FieldError("/password", "password_guessable", "it is the login; choose another")])
    if len(set(password)) < _DIFFERENT:
        detail = f"it has fewer than {_DIFFERENT} different characters; choose another"
        raise InvalidInput([FieldError("/password", "password_guessable", detail)])


def _taken() -> Conflict:
    return Conflict("login_taken", "Another user has this login; letters in upper and lower case are the same.")


def _found(row: Row[Any] | None, user_id: str) -> Row[Any]:
    if row is None:
        raise NotFound("user", user_id)
    return row
