"""Records what was done over REST, by whom, and what it changed; and reads that record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Engine, Row

from orchestrator.ids import new_id
from orchestrator.store.sql import access

_LONGEST = 4_000
# Whose values stand in the record: settings of the installation. Of a person's own data the names alone do.
_SETTINGS = frozenset({"cmp", "pool", "lst", "key", "whe", "num", "flow"})
_OF_ANYBODY = frozenset({"status", "priority", "not_before", "not_after", "reason", "until", "role", "disabled"})
_NO_NEWS = frozenset({"updated_at", "in_flight"})


def record_change(
    action: str,
    *,
    subject: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    by: str,
    key_id: str | None,
    user_id: str | None = None,
    sql: Engine,
) -> None:
    """Record that somebody did something; `before` and `after` are the subject as REST shows it."""
    values = {"id": new_id("aud"), "by": by, "key_id": key_id, "user_id": user_id, "action": action, "subject": subject}
    with sql.begin() as tx:
        access.insert_audit_event(tx, {**values, "changes": changes_of(subject, before, after)})


def changes_of(
    subject: str | None, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, list[Any]]:
    """Return {field: [before, after]} of the fields that differ, without what a person may be known by."""
    if before is None or after is None:
        return {}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name) and name not in _NO_NEWS]
    return {name: [_shown(subject, name, each.get(name)) for each in (before, after)] for name in changed}


def list_audit_events(filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of what was done, newest first."""
    with sql.connect() as tx:
        return access.list_audit_events(tx, filters, after=after, limit=limit)


def _shown(subject: str | None, name: str, value: Any) -> Any:
    kind = (subject or "").partition("_")[0]
    is_setting = kind in _SETTINGS or "_" not in (subject or "")
    if value is not None and not is_setting and name not in _OF_ANYBODY:
        return "(not kept)"
    return value if len(orjson.dumps(value)) <= _LONGEST else "(too long)"
