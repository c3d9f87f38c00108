"""Queries on lists: their settings, who uses them, and their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from orchestrator.ids import new_id
from orchestrator.model.campaign_status import OPEN_CAMPAIGN
from orchestrator.store.sql.listed_numbers import holds_for, lists_with
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import list_changes, list_contents, lists

_USERS = text(
    f"""
    SELECT k.id FROM campaigns k JOIN lists l ON l.id = :list_id
    WHERE k.kind = 'campaign' AND k.status IN {one_of(OPEN_CAMPAIGN)} AND {holds_for("k")} ORDER BY k.id LIMIT :most
    """  # noqa: S608 built from constants
)
_WITH_NUMBER = text(
    f"""
    SELECT l.id, l.name, l.kind, l.version, l.as_of, p.number AS entry, found.*
    {lists_with("CAST(:number AS text)", where="true")} ORDER BY l.name, p.number
    """
)
_KEEP_RULES = text("SELECT FROM installation FOR NO KEY UPDATE")


def insert_list(tx: Connection, values: Mapping[str, Any], *, by: str) -> bool:
    """Insert a list without entries; False if there is one of this name."""
    content = _insert_first_content(tx, str(values["id"]), by)
    row = upsert(lists).values({**values, "content": content}).on_conflict_do_nothing(index_elements=["name"])
    return tx.execute(row.returning(lists.c.id)).first() is not None


def find_list(tx: Connection, list_id: str) -> Row[Any] | None:
    """Return a list."""
    return tx.execute(select(lists).where(lists.c.id == list_id)).first()


def lock_list(tx: Connection, list_id: str, *, to_delete: bool = False) -> Row[Any] | None:
    """Lock a list against other changes and return it; `to_delete`: also against campaigns that begin to use it."""
    query = select(lists).where(lists.c.id == list_id).with_for_update(key_share=not to_delete)
    return tx.execute(query).first()


def hold_named(tx: Connection, references: Sequence[str]) -> Sequence[Any]:
    """Return the lists with these names or ids, and keep them from being deleted until this transaction ends."""
    query = select(lists.c.id, lists.c.name, lists.c.kind)
    query = query.where(or_(lists.c.name.in_(references), lists.c.id.in_(references))).order_by(lists.c.id)
    return tx.execute(query.with_for_update(read=True, key_share=True)).all()


def list_lists(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of lists, filtered by equality on columns."""
    query = select(lists).where(*(lists.c[name] == value for name, value in filters.items()))
    return tx.execute(newest_first(query, lists.c.id, after=after, limit=limit)).all()


def lists_that_hold(tx: Connection, number: str) -> Sequence[Row[Any]]:
    """Return the lists whose content in force holds a number, each with the `entry` that says so."""
    return tx.execute(_WITH_NUMBER, {"number": number}).all()


def update_list(tx: Connection, list_id: str, changes: Mapping[str, Any], *, is_to_release: bool) -> None:
    """Change a list's row; with `is_to_release` contacts that wait for such a change are to be released."""
    released = {"is_to_release": True} if is_to_release else {}
    values = {**changes, **released, "updated_at": func.clock_timestamp()}
    tx.execute(update(lists).where(lists.c.id == list_id).values(values))


def delete_list(tx: Connection, list_id: str) -> None:
    """Delete a list; its entries are swept, and its history stays."""
    tx.execute(delete(lists).where(lists.c.id == list_id))
    contents = (list_contents.c.list_id == list_id, list_contents.c.status.in_(("in_force", "loading")))
    tx.execute(update(list_contents).where(*contents).values(status="replaced"))


def open_users(tx: Connection, list_id: str, *, most: int) -> Sequence[str]:
    """Return up to `most` campaigns that are not over and use a list, as a registry that covers their purpose too."""
    return tx.execute(_USERS, {"list_id": list_id, "most": most}).scalars().all()


def add_change(
    tx: Connection,
    list_id: str,
    action: str,
    *,
    by: str,
    because: str | None,
    numbers: Sequence[str | None] = (None,),
    version: int | None = None,
) -> None:
    """Add to a list's history: one line, or one for each of `numbers`."""
    shared = {"list_id": list_id, "action": action, "by": by, "because": because, "version": version}
    if numbers:
        tx.execute(insert(list_changes), [{"id": new_id("lch"), **shared, "number": number} for number in numbers])


def changes_of(tx: Connection, list_id: str, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of a list's history, newest first."""
    query = select(list_changes).where(list_changes.c.list_id == list_id)
    return tx.execute(newest_first(query, list_changes.c.id, after=after, limit=limit)).all()


def wait_for_claims(tx: Connection) -> None:
    """Wait for the claims under way, and keep others from beginning until this transaction ends.

    Each judges by the lists as they were before it began: whom it holds for them is seen by the release that follows.
    """
    tx.execute(_KEEP_RULES)


def _insert_first_content(tx: Connection, list_id: str, by: str) -> int:
    first = insert(list_contents).values(list_id=list_id, version=0, status="in_force", loaded_by=by)
    return int(tx.execute(first.returning(list_contents.c.content)).scalar_one())
