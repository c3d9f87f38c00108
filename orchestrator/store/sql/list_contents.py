"""Writes the contents of lists: single entries, whole imports behind one switch, and the removal of what is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from orchestrator.policy.lists.answer_row import NumberAnswer
from orchestrator.store.sql.tables import list_contents

SILENT_FOR = "interval '10 minutes'"  # a file may be slow to read, but some batch of it is written in this time
TO_SWEEP = "status IN ('replaced', 'failed') AND NOT is_swept"
IS_SILENT = f"status = 'loading' AND NOT is_swept AND touched_at < now() - {SILENT_FOR}"

_INSERT = text(
    """
    INSERT INTO list_entries (content, number)
    SELECT :content, number FROM unnest(CAST(:numbers AS text[])) AS n(number) ORDER BY number
    ON CONFLICT DO NOTHING RETURNING number
    """
)
# Of several answers about a number a `yes` counts, else the one that was asked for last.
_INSERT_ANSWERS = text(
    """
    INSERT INTO list_entries AS e (content, number, result, since, checked_at)
    SELECT :content, * FROM unnest(CAST(:numbers AS text[]), CAST(:results AS text[]),
        CAST(:since AS timestamptz[]), CAST(:checked_at AS timestamptz[])) AS n(number, result, since, checked_at)
    ORDER BY number
    ON CONFLICT (content, number) DO UPDATE
        SET result = EXCLUDED.result, since = EXCLUDED.since, checked_at = EXCLUDED.checked_at
        WHERE (EXCLUDED.result = 'yes', EXCLUDED.checked_at) > (e.result = 'yes', e.checked_at)
    RETURNING xmax = 0 AS is_new
    """
)
_DELETE = text("DELETE FROM list_entries WHERE content = :content AND number = ANY(CAST(:numbers AS text[]))")
_COUNTS = """
    entries = entries + :added,
    prefix_lengths = ARRAY(SELECT DISTINCT n FROM unnest(prefix_lengths || CAST(:lengths AS smallint[])) n ORDER BY n)
"""
_COUNT_LOADED = text(
    f"UPDATE list_contents SET touched_at = now(), {_COUNTS} "  # noqa: S608 a constant
    "WHERE content = :content AND status = 'loading' RETURNING content"
)
_COUNT_ADDED = text(f"UPDATE lists SET updated_at = clock_timestamp(), {_COUNTS} WHERE content = :content")  # noqa: S608
# What somebody added or deleted after the moment that the file speaks of; the last word of each number holds.
_LATER = text(
    """
    SELECT DISTINCT ON (number) number, action FROM list_changes
    WHERE list_id = :list_id AND number IS NOT NULL AND at > :as_of ORDER BY number, at DESC, id DESC
    """
)
_PUT_IN_FORCE = text(
    """
    UPDATE lists l SET content = c.content, version = c.version, as_of = c.as_of, entries = c.entries,
        prefix_lengths = c.prefix_lengths, is_to_release = true, updated_at = clock_timestamp()
    FROM list_contents c WHERE c.content = :content AND l.id = c.list_id
    """
)
_SWEEP = text(
    """
    WITH batch AS (
        SELECT number FROM list_entries WHERE content = :content AND number > :swept_to ORDER BY number LIMIT :most),
    gone AS (DELETE FROM list_entries e USING batch b WHERE e.content = :content AND e.number = b.number)
    SELECT count(*) AS n, max(number) AS swept_to FROM batch
    """
)
_NEXT_TO_SWEEP = text(
    f"SELECT content, swept_to FROM list_contents WHERE {TO_SWEEP} ORDER BY content LIMIT 1 "  # noqa: S608 a constant
    "FOR UPDATE SKIP LOCKED"
)
_FAIL_SILENT = text(f"UPDATE list_contents SET status = 'failed' WHERE {IS_SILENT}")  # noqa: S608


def insert_entries(tx: Connection, content: int, numbers: Collection[str]) -> list[str]:
    """Insert entries and return those that were not there."""
    return list(tx.execute(_INSERT, {"content": content, "numbers": list(numbers)}).scalars())


def delete_entries(tx: Connection, content: int, numbers: Collection[str]) -> int:
    """Delete entries and return how many there were."""
    return tx.execute(_DELETE, {"content": content, "numbers": list(numbers)}).rowcount


def count_entries(tx: Connection, content: int, added: int, *, lengths: Collection[int] = ()) -> None:
    """Add to the count of the list whose content in force this is, and to the lengths of its prefixes."""
    tx.execute(_COUNT_ADDED, {"content": content, "added": added, "lengths": list(lengths)})


def begin_load(tx: Connection, list_id: str, *, as_of: datetime | None, by: str) -> Row[Any]:
    """Add a content of a list that the caller has locked, and return it; `as_of` None: this moment."""
    newest = select(func.coalesce(func.max(list_contents.c.version), 0) + 1).where(list_contents.c.list_id == list_id)
    values: dict[str, Any] = {"list_id": list_id, "version": newest.scalar_subquery(), "loaded_by": by}
    values["as_of"] = as_of or func.clock_timestamp()
    return tx.execute(insert(list_contents).values(values).returning(*list_contents.c)).one()


def load_batch(tx: Connection, content: int, numbers: Collection[str], *, lengths: Collection[int]) -> bool:
    """Insert a batch of a load; False, with nothing inserted, when it was given up meanwhile."""
    if tx.execute(_COUNT_LOADED, {"content": content, "added": 0, "lengths": list(lengths)}).first() is None:
        return False
    added = len(insert_entries(tx, content, numbers))
    tx.execute(_COUNT_LOADED, {"content": content, "added": added, "lengths": []})
    return True


def load_answers(tx: Connection, content: int, answers: Collection[NumberAnswer]) -> bool:
    """Insert a batch of answers, one of each number, as `load_batch` does of entries."""
    if tx.execute(_COUNT_LOADED, {"content": content, "added": 0, "lengths": []}).first() is None:
        return False
    columns = {
        "numbers": [each.number for each in answers],
        "results": [each.result.value for each in answers],
        "since": [each.since for each in answers],
        "checked_at": [each.checked_at for each in answers],
    }
    added = sum(tx.execute(_INSERT_ANSWERS, {"content": content, **columns}).scalars())
    tx.execute(_COUNT_LOADED, {"content": content, "added": added, "lengths": []})
    return True


def unload(tx: Connection, content: int, numbers: Collection[str]) -> None:
    """Delete entries of a content that is being loaded."""
    gone = delete_entries(tx, content, numbers)
    tx.execute(_COUNT_LOADED, {"content": content, "added": -gone, "lengths": []})


def lock_load(tx: Connection, content: int) -> Row[Any] | None:
    """Lock a content that is still being loaded and return it."""
    query = select(list_contents).where(list_contents.c.content == content, list_contents.c.status == "loading")
    return tx.execute(query.with_for_update()).first()


def later_changes(tx: Connection, list_id: str, as_of: datetime) -> Mapping[str, bool]:
    """Return, by number, whether it was last added or deleted after `as_of`."""
    rows = tx.execute(_LATER, {"list_id": list_id, "as_of": as_of})
    return {row.number: row.action == "add" for row in rows}


def put_in_force(tx: Connection, content: int, *, instead_of: int) -> None:
    """Put a loaded content in force, instead of another, which is swept from now on."""
    for ident, status in ((instead_of, "replaced"), (content, "in_force")):
        tx.execute(update(list_contents).where(list_contents.c.content == ident).values(status=status))
    tx.execute(_PUT_IN_FORCE, {"content": content})


def fail_load(tx: Connection, content: int) -> None:
    """Give up a load; its entries are swept."""
    loading = (list_contents.c.content == content, list_contents.c.status == "loading")
    tx.execute(update(list_contents).where(*loading).values(status="failed"))


def fail_silent_loads(tx: Connection) -> int:
    """Give up the loads that have written nothing for 10 minutes; return how many."""
    return tx.execute(_FAIL_SILENT).rowcount


def sweep_batch(tx: Connection, *, most: int) -> int | None:
    """Delete up to `most` entries of a content that is over, and return how many; None where there is none."""
    row = tx.execute(_NEXT_TO_SWEEP).first()
    if row is None:
        return None
    found = tx.execute(_SWEEP, {"content": row.content, "swept_to": row.swept_to or "", "most": most}).one()
    is_swept = found.n < most
    values = {"is_swept": is_swept, "swept_to": None if is_swept else found.swept_to}
    tx.execute(update(list_contents).where(list_contents.c.content == row.content).values(values))
    return int(found.n)
