"""Records what was done over REST, by whom, and what it changed; and reads that record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.ids import new_id
from orchestrator.store.sql import access
from orchestrator.store.sql.before_commit import before_commit
from orchestrator.store.sql.pagination import Listed

log = logging.getLogger(__name__)

_LONGEST = 4_000
# Whose values stand in the record: settings of the installation. Of a person's own data the names alone do.
_SETTINGS = frozenset({"cmp", "pool", "lst", "key", "whe", "num", "flow"})
_OF_ANYBODY = frozenset({"status", "priority", "not_before", "not_after", "reason", "until", "role", "disabled"})
_NO_NEWS = frozenset({"updated_at", "in_flight"})
_CHANGE: ContextVar[Change | None] = ContextVar("change", default=None)


@dataclass(kw_only=True)
class Change:
    """What a request does, by whom, and the id that its record has; `before` and `look` show the subject as REST does.

    The subject of one that makes something is what kind of thing, until `concerns` says its id.
    """

    id: str
    action: str
    by: str
    key_id: str | None
    user_id: str | None
    subject: str
    makes: bool
    before: Mapping[str, Any] | None
    look: Callable[[Connection], Mapping[str, Any] | None]
    is_recorded: bool = False

    def record(self, tx: Connection) -> None:
        """Write the record into the transaction that makes the change; one with this id stays as it is."""
        changes = changes_of(self.subject, self.before, self.look(tx))
        values = {name: getattr(self, name) for name in ("id", "action", "by", "key_id", "user_id", "subject")}
        access.insert_audit_event(tx, {**values, "changes": changes})
        self.is_recorded = True


@contextmanager
def recorded(change: Change) -> Iterator[None]:
    """Record `change` in the first transaction that changes something meanwhile: both stand, or neither does."""
    token = _CHANGE.set(change)
    try:
        with before_commit(change.record):
            yield
    finally:
        _CHANGE.reset(token)


def record_change(
    tx: Connection,
    action: str,
    *,
    subject: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    by: str,
    key_id: str | None,
    user_id: str | None = None,
) -> None:
    """Record what somebody does or tries outside of a request, in the transaction that does it.

    `before` and `after` show the subject as REST does.
    """
    values = {"id": new_id("aud"), "by": by, "key_id": key_id, "user_id": user_id, "action": action, "subject": subject}
    access.insert_audit_event(tx, {**values, "changes": changes_of(subject, before, after)})


def record_besides(
    tx: Connection, action: str, *, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Record what the present request changes besides its own subject, as `record_change` does; else nothing."""
    if change := _CHANGE.get():
        who: dict[str, Any] = {"by": change.by, "key_id": change.key_id, "user_id": change.user_id}
        record_change(tx, action, subject=subject, before=before, after=after, **who)


def concerns(subject: str) -> None:
    """Say what the present request makes, before the transaction that makes it ends; nothing outside of requests."""
    if (change := _CHANGE.get()) and change.makes:
        change.subject = subject


def was_made(tx: Connection) -> bool:
    """Say whether the present request is a repeat under its Idempotency-Key, and what it asks for stands already."""
    change = _CHANGE.get()
    return change is not None and access.has_audit_event(tx, change.id)


def record_behind(change: Change, *, sql: Engine) -> None:
    """Record a change that no transaction has made: of a live call, or none at all.

    It stands already, so that a failure here is told to the log alone.
    """
    try:
        with sql.begin() as tx:
            change.record(tx)
    except SQLAlchemyError:
        log.exception("%s of %s was done by %s and is not in the record", change.action, change.subject, change.by)


def changes_of(
    subject: str | None, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, list[Any]]:
    """Return {field: [before, after]} of the fields that differ, without what a person may be known by."""
    if before is None or after is None:
        return {}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name) and name not in _NO_NEWS]
    return {name: [_shown(subject, name, each.get(name)) for each in (before, after)] for name in changed}


def list_audit_events(filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine) -> Listed:
    """Return a page of what was done, newest first."""
    with sql.connect() as tx:
        return access.list_audit_events(tx, filters, after=after, limit=limit)


def _shown(subject: str | None, name: str, value: Any) -> Any:
    kind = (subject or "").partition("_")[0]
    is_setting = kind in _SETTINGS or "_" not in (subject or "")
    if value is not None and not is_setting and name not in _OF_ANYBODY:
        return "(not kept)"
    return value if len(orjson.dumps(value)) <= _LONGEST else "(too long)"
