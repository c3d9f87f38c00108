"""Creates, lists and revokes API keys; a key itself is told once and stored nowhere."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.policy.roles import Role
from orchestrator.store.sql import access

_SECRET_BYTES = 32


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: what its holder sends, and what is stored of it."""

    secret: str
    row: Row[Any]


def digest_of(key: str) -> bytes:
    """Return what is stored of a key: its secret has 256 random bits, so that a fast digest is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def create_key(
    *, key_id: str, name: str, role: Role, expires_at: datetime | None, by: str, now: datetime, sql: Engine
) -> NewKey:
    """Create a key; raise InvalidInput for one that would have expired already."""
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            [FieldError("/expires_at", "past", "a key must expire in the future; leave it out for never")]
        )
    key = f"{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    values = {"id": key_id, "name": name, "role": role.value, "digest": digest_of(key), "created_by": by}
    concerns(key_id)
    with sql.begin() as tx:
        return NewKey(key, access.insert_key(tx, {**values, "expires_at": expires_at}))


def find_key(key_id: str, *, sql: Engine) -> Row[Any]:
    """Return a key; raise NotFound for none."""
    with sql.connect() as tx:
        row = access.find_key(tx, key_id)
    if row is None:
        raise NotFound("key", key_id)
    return row


def list_keys(*, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of keys, newest first, revoked and expired ones too."""
    with sql.connect() as tx:
        return access.list_keys(tx, after=after, limit=limit)


def revoke_key(key_id: str, *, sql: Engine) -> None:
    """Revoke a key for good; it stays on the list. Raises NotFound for none."""
    with sql.begin() as tx:
        if not access.revoke_key(tx, key_id):
            raise NotFound("key", key_id)


def read_used_key(key_id: str, *, sql: Engine) -> Row[Any] | None:
    """Return a key that a request was sent with, None for none, and note its use."""
    with sql.begin() as tx:
        row = access.find_key(tx, key_id)
        if row is not None:
            access.note_use(tx, key_id)
        return row
