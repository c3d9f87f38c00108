"""Writes the words of contacts, and finds contacts by them: the newest first, without looking at all.

Words stand in a table of their own: the rows of contacts change with every call, and would enter each change in the
index of trigrams. What was added or changed waits in `contact_words_due` until a sweep, or the next search, writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
)

from orchestrator.policy.search_words import trigrams_of
from orchestrator.store.sql.tables import contact_words, contacts

# Not the column: its index would be walked in this order, and the trigrams of all rows be made to compare them.
_PLACE_ALONE = contact_words.c.place + literal(0, literal_execute=True)
_TRIGRAMS = func.contact_trigrams(contact_words.c.place, contact_words.c.words)

_LOOKED_AT = 10_000  # contacts that have the trigrams, in one search: a page that is in memory takes 2 to 5 µs
_JUDGED = 1_000  # of them, by conditions on their own rows, each of which is some pages

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
_IS_BEHIND = text("SELECT EXISTS (SELECT FROM contact_words_due) OR EXISTS (SELECT FROM contact_words_backlog)")
_BOUNDS = text("SELECT max(place) >> 15 AS top, min(place) >> 15 AS bottom FROM contact_words")
_PLACE = text("SELECT contact_id, place FROM contact_words WHERE contact_id <= :after ORDER BY contact_id DESC LIMIT 1")


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
    bounds = tx.execute(_BOUNDS).one()
    if bounds.top is None:
        return FoundByWords([], None)
    most = _JUDGED if conditions else limit + 1
    rows = tx.execute(_looked_at(tx, words, bounds, after=after, most=most)).all()
    is_cut = bool(rows) and (rows[-1].n == _LOOKED_AT or (bool(conditions) and len(rows) == most))
    ids = [row.contact_id for row in rows if row.fits]
    if conditions:
        fulfil = set(tx.execute(select(contacts.c.id).where(contacts.c.id.in_(ids), *conditions)).scalars())
        ids = [contact_id for contact_id in ids if contact_id in fulfil][: limit + 1]
    return FoundByWords(ids, rows[-1].contact_id if is_cut and len(ids) <= limit else None)


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


def _looked_at(tx: Connection, words: Sequence[str], bounds: Row[Any], *, after: str | None, most: int) -> Select[Any]:
    """Select (contact_id, fits, n) of the contacts that have the trigrams: who `fits`, and the last looked at."""
    before = _before(tx, after) if after else ()
    newest = select(func.generate_series(bounds.top, bounds.bottom, -1).label("n")).subquery("segment")
    looked_at = literal(_LOOKED_AT, literal_execute=True)
    each = (
        select(contact_words.c.contact_id, and_(*_has_words(words)).label("fits"))
        .where(_TRIGRAMS.op("@>")(_keys(newest.c.n, words)), *before)
        .order_by(_PLACE_ALONE.desc())
        .limit(looked_at)
        .lateral("each")
    )
    in_order = select(each.c.contact_id, each.c.fits, func.row_number().over().label("n"))
    some = in_order.select_from(newest.join(each, true())).limit(looked_at).subquery("some")
    return select(some).where(or_(some.c.fits, some.c.n == looked_at)).limit(literal(most, literal_execute=True))


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
