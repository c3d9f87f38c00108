"""Writes the words of contacts, and finds contacts by them: the newest first, without looking at all.

Words stand in a table of their own: the rows of contacts change with every call, and would enter each change in the
index of trigrams. What was added or changed waits in `contact_words_due` until a sweep, or the next search, writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Text,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.exc import OperationalError

from orchestrator.policy.search_words import trigrams_of
from orchestrator.store.sql.tables import contact_words, contacts

# Not the column: its index would be walked in this order, and the trigrams of all rows be made to compare them.
_PLACE_ALONE = contact_words.c.place + literal(0, literal_execute=True)
_TRIGRAMS = func.contact_trigrams(contact_words.c.place, contact_words.c.words)

_SEGMENT = 15  # bits of a place
_WALKED = 4_000  # of the newest contacts, one after the other: 0.4 µs each
_LOOKED_AT = 10_000  # contacts that have the trigrams, in one search: a page that is in memory takes 2 to 5 µs
_JUDGED = 1_000  # who have the words, by conditions on their own rows, each of which is some pages

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('contact_words'))")
_TAKE_DUE = text(
    """
    DELETE FROM contact_words_due WHERE id IN (SELECT id FROM contact_words_due ORDER BY id LIMIT :most)
    RETURNING contact_id
    """
)
_READ = text("SELECT id, external_id, variables FROM contacts WHERE id = ANY(:ids) ORDER BY id")
_BACKLOG = text("SELECT before FROM contact_words_backlog")
_BEFORE = text("SELECT id, external_id, variables FROM contacts WHERE id < :before ORDER BY id DESC LIMIT :most")
_STEP = text("UPDATE contact_words_backlog SET before = :before")
_DONE = text("DELETE FROM contact_words_backlog")
_SHARE = "FROM unnest(CAST(:ids AS text[]), CAST(:words AS text[])) WITH ORDINALITY AS said(id, words, n)"
_WRITE = text(
    f"""
    INSERT INTO contact_words (contact_id, place, words)
    SELECT id, nextval('contact_words_newer'), words FROM (SELECT * {_SHARE} ORDER BY n) said
    ON CONFLICT (contact_id) DO UPDATE SET words = excluded.words
    """  # noqa: S608 built from constants
)
_WRITE_OLDER = text(
    f"""
    INSERT INTO contact_words (contact_id, place, words)
    SELECT id, nextval('contact_words_older'), words FROM (SELECT * {_SHARE} ORDER BY n) said
    ON CONFLICT DO NOTHING
    """  # noqa: S608 built from constants
)
_FORGET = text("DELETE FROM contact_words WHERE contact_id = ANY(:ids)")
# From its end: what was taken from its beginning is still passed, row by row, until a vacuum.
_IS_DUE = "(SELECT id FROM contact_words_due ORDER BY id DESC LIMIT 1) IS NOT NULL"
_IS_BEHIND = text(f"SELECT {_IS_DUE} OR EXISTS (SELECT FROM contact_words_backlog)")  # noqa: S608 built from constants
_QUEUE_BYTES = text("SELECT pg_relation_size('contact_words_due')")
_TAKE_QUEUE = text("LOCK TABLE contact_words_due IN ACCESS EXCLUSIVE MODE NOWAIT")
_ANY_DUE = text(f"SELECT {_IS_DUE}")
_EMPTY_QUEUE = text("TRUNCATE contact_words_due")
_ROOM = 1_000_000  # bytes that a queue which is empty may take: every search passes them
_PLACE = text("SELECT contact_id, place FROM contact_words WHERE contact_id <= :after ORDER BY contact_id DESC LIMIT 1")


class _LookedAt(NamedTuple):
    """Contacts who fit, by their ids, and the row of the last that was looked at if there may be more behind it."""

    ids: list[str]
    last: Row[Any] | None


class FoundByWords(NamedTuple):
    """Contacts by their ids; `goes_on_after` is the last that was looked at where a search was cut short."""

    ids: list[str]
    goes_on_after: str | None


def lock_words(tx: Connection) -> bool:
    """Return whether nobody else writes words now; two at once could write what was said before over what is."""
    return bool(tx.execute(_LOCK).scalar_one())


def take_due(tx: Connection, *, most: int) -> Sequence[Row[Any]]:
    """Return contacts whose words are to be written, read after they were taken from the queue."""
    ids = sorted(set(tx.execute(_TAKE_DUE, {"most": most}).scalars()))
    return tx.execute(_READ, {"ids": ids}).all() if ids else []


def take_older(tx: Connection, *, most: int) -> Sequence[Row[Any]]:
    """Return the next contacts of before, from the newest on, and note how far that is; none when all are done."""
    before = tx.execute(_BACKLOG).scalar()
    if before is None:
        return []
    rows = tx.execute(_BEFORE, {"before": before, "most": most}).all()
    tx.execute(*((_STEP, {"before": rows[-1].id}) if rows else (_DONE,)))
    return rows


def write_words(tx: Connection, words: Mapping[str, str], *, are_older: bool = False) -> None:
    """Write the words of contacts by their ids, in this order; who has none is found no longer."""
    said = {contact_id: said for contact_id, said in words.items() if said}
    if none := [contact_id for contact_id in words if contact_id not in said]:
        tx.execute(_FORGET, {"ids": none})
    if said:
        tx.execute(_WRITE_OLDER if are_older else _WRITE, {"ids": list(said), "words": list(said.values())})


def give_room_back(tx: Connection) -> None:
    """Make the queue small again if nothing is left in it; do nothing while anybody reads or writes it."""
    if tx.execute(_QUEUE_BYTES).scalar_one() <= _ROOM:
        return
    try:
        with tx.begin_nested():
            tx.execute(_TAKE_QUEUE)
    except OperationalError as err:
        if not isinstance(err.orig, psycopg.errors.LockNotAvailable):
            raise
        return
    if not tx.execute(_ANY_DUE).scalar_one():
        tx.execute(_EMPTY_QUEUE)


def is_behind(tx: Connection) -> bool:
    """Return whether words of some contacts are still to be written."""
    return bool(tx.execute(_IS_BEHIND).scalar_one())


def find_by_words(
    tx: Connection,
    words: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
    *,
    after: str | None,
    limit: int,
) -> FoundByWords:
    """Find contacts that have all these parts of words and fulfil the conditions, the newest first.

    They follow the contact `after`, and are one more than the limit if there are more. No search looks at more than
    some thousand contacts, whatever words are frequent and conditions rare.
    """
    most = _JUDGED if conditions else limit + 1
    before = _before(tx, after) if after else ()
    # What is frequent is among the newest, which takes far less than to bring all of a segment in order.
    walked = _parted(tx.execute(_newest(words, before, most=most)).all(), _WALKED, most=most)
    ids = _fulfilling(tx, walked.ids, conditions)
    if len(ids) > limit or walked.last is None:
        return FoundByWords(ids[: limit + 1], None)
    if len(walked.ids) == most:
        return FoundByWords(ids, walked.last.contact_id)
    left = most - len(walked.ids)
    looked = _parted(tx.execute(_older(words, walked.last.place, most=left)).all(), _LOOKED_AT, most=left)
    ids += _fulfilling(tx, looked.ids, conditions)
    return FoundByWords(ids[: limit + 1], looked.last.contact_id if looked.last and len(ids) <= limit else None)


def with_words(
    tx: Connection, words: Sequence[str], *, among: Sequence[str], after: str | None, limit: int
) -> list[str]:
    """Return those of these contacts that have all these parts of words, as `find_by_words` does."""
    of_them = contact_words.c.contact_id.in_(among)
    found = select(contact_words.c.contact_id).where(
        of_them, *_has_words(words), *(_before(tx, after) if after else ())
    )
    most = literal(limit + 1, literal_execute=True)
    return list(tx.execute(found.order_by(_PLACE_ALONE.desc()).limit(most)).scalars())


def _newest(words: Sequence[str], before: Sequence[ColumnElement[bool]], *, most: int) -> Select[Any]:
    """Select, as `_fitting` does, of the newest contacts, in the order of the index of places."""
    place = contact_words.c.place
    newest = select(contact_words.c.contact_id, place, _fits(words)).where(*before).order_by(place.desc())
    return _fitting(newest.limit(literal(_WALKED, literal_execute=True)), _WALKED, most=most)


def _older(words: Sequence[str], before: int, *, most: int) -> Select[Any]:
    """Select, as `_fitting` does, of the contacts before a place that have the trigrams, segment by segment."""
    place = contact_words.c.place
    oldest = select(cast(func.min(place).op(">>")(literal(_SEGMENT, Integer)), Integer)).scalar_subquery()
    newest = select(func.generate_series(before >> _SEGMENT, oldest, -1).label("n")).subquery("segment")
    looked_at = literal(_LOOKED_AT, literal_execute=True)
    each = (
        select(contact_words.c.contact_id, place, _fits(words))
        .where(_TRIGRAMS.op("@>")(_keys(newest.c.n, words)), place < before)
        .order_by(_PLACE_ALONE.desc())
        .limit(looked_at)
        .lateral("each")
    )
    in_order = select(each.c.contact_id, each.c.place, each.c.fits).select_from(newest.join(each, true()))
    return _fitting(in_order.limit(looked_at), _LOOKED_AT, most=most)


def _fitting(in_order: Select[Any], bound: int, *, most: int) -> Select[Any]:
    """Select (contact_id, place, fits, n): at most so many who fit, and who is the last that may be looked at."""
    looked_at = in_order.subquery("looked_at")
    numbered = select(looked_at, func.row_number().over().label("n")).subquery("numbered")
    some = select(numbered).where(or_(numbered.c.fits, numbered.c.n == literal(bound, literal_execute=True)))
    return some.limit(literal(most, literal_execute=True))


def _parted(rows: Sequence[Row[Any]], bound: int, *, most: int) -> _LookedAt:
    """Return the contacts who fit."""
    ids = [row.contact_id for row in rows if row.fits]
    may_be_more = bool(rows) and (rows[-1].n == bound or len(ids) == most)
    return _LookedAt(ids, rows[-1] if may_be_more else None)


def _fulfilling(tx: Connection, ids: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> list[str]:
    """Return those of these contacts that fulfil the conditions, in their order."""
    if not ids or not conditions:
        return list(ids)
    of_them = contacts.c.id == any_(cast(ids, ARRAY(Text)))
    fulfil = set(tx.execute(select(contacts.c.id).where(of_them, *conditions)).scalars())
    return [contact_id for contact_id in ids if contact_id in fulfil]


def _fits(words: Sequence[str]) -> ColumnElement[bool]:
    return and_(*_has_words(words)).label("fits")


def _has_words(words: Sequence[str]) -> list[ColumnElement[bool]]:
    return [func.strpos(contact_words.c.words, word) > 0 for word in words]


def _keys(segment: ColumnElement[int], words: Sequence[str]) -> ColumnElement[Any]:
    """Return the entries that the index has for these words in a segment."""
    trigram = func.unnest(cast(trigrams_of(words), ARRAY(Text))).column_valued("trigram")
    prefix = func.lpad(func.to_hex(segment + 32_768), 4, "0")
    return select(func.array_agg(prefix.concat(trigram))).correlate(segment.table).scalar_subquery()


def _before(tx: Connection, after: str) -> Sequence[ColumnElement[bool]]:
    """Return the condition for what follows a contact, which may have been erased meanwhile."""
    last = tx.execute(_PLACE, {"after": after}).first()
    if last is None:
        return (false(),)
    place = contact_words.c.place
    return (place < last.place if last.contact_id == after else place <= last.place,)
