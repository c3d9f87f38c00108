"""Finds what is older than it is to be kept, page by page in the order of the ids, which is that of their making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from ulid import ULID

from orchestrator.model.attempt_state import FINAL_STATES
from orchestrator.model.contact_status import FINAL_STATUSES
from orchestrator.store.sql.erased_calls import ERASED, IS_ERASED
from orchestrator.store.sql.state_lists import one_of

PAGE = 500  # rows looked at in one statement

_AGED_SINCE = text("SELECT clock_timestamp() - CAST(:interval AS interval)")
# Each page is a range of the primary key, cut before it is looked into: no page reads more rows than that.
_CALLS = text(
    f"""
    SELECT k.id, k.ended_at < :before AND k.state IN {one_of(FINAL_STATES)} AND NOT {IS_ERASED}
        AND (SELECT c.status FROM contacts c WHERE c.id = k.contact_id) IN {one_of(FINAL_STATUSES)} AS is_aged
    FROM (SELECT * FROM calls WHERE id > :after AND id < :bound ORDER BY id LIMIT {PAGE}) k ORDER BY k.id
    """  # noqa: S608 built from constants
)
_CONTACTS = text(
    f"""
    SELECT c.id, c.updated_at < :before AND c.status IN {one_of(FINAL_STATUSES)} AND c.phone NOT LIKE '{ERASED}%'
            AS is_aged,
        EXISTS (SELECT 1 FROM calls k WHERE k.contact_id = c.id AND NOT {IS_ERASED})
            OR EXISTS (SELECT 1 FROM calls k WHERE k.joined_contact_id = c.id AND k.direction = 'inbound'
                AND NOT {IS_ERASED}) AS has_calls
    FROM (SELECT * FROM contacts WHERE id > :after AND id < :bound ORDER BY id LIMIT {PAGE}) c ORDER BY c.id
    """  # noqa: S608 built from constants
)
_CLEAR_WORDS = text(
    f"""
    UPDATE contacts SET external_id = NULL, variables = '{{}}', answers = '{{}}' WHERE id IN (
        SELECT id FROM contacts
        WHERE id = ANY(:ids) AND status IN {one_of(FINAL_STATUSES)} AND updated_at < :before
            AND (external_id IS NOT NULL OR variables <> '{{}}' OR answers <> '{{}}')
        ORDER BY id FOR UPDATE)
    """  # noqa: S608 built from constants
)
_RECORDINGS = text(
    f"""
    UPDATE recordings SET state = 'erased', urls = '{{}}', public_urls = '{{}}', error = NULL,
        due_at = coalesce(due_at, now())
    WHERE id IN (SELECT id FROM recordings WHERE id < :bound AND state <> 'erased' AND told_at < :before
                 ORDER BY id LIMIT {PAGE} FOR UPDATE SKIP LOCKED)
    """  # noqa: S608 built from constants
)
# The last word of the person was to take it back, long ago.
_CONSENTS = text(
    f"""
    SELECT e.id, e.act = 'revoked' AND e.phone IS NOT NULL AND e.at < :before AND NOT EXISTS (
            SELECT 1 FROM consent_events n WHERE n.number_key = e.number_key
            AND (n.at >= :before OR (n.act = 'given' AND n.at > e.at))) AS is_aged
    FROM (SELECT * FROM consent_events WHERE id > :after AND id < :bound ORDER BY id LIMIT {PAGE}) e ORDER BY e.id
    """  # noqa: S608 built from constants
)
_CLEAR_CONSENTS = text(
    """
    UPDATE consent_events SET phone = NULL, text = NULL, source = NULL, evidence_url = NULL, words = NULL, digest = NULL
    WHERE number_key IN (SELECT number_key FROM consent_events WHERE id = ANY(:ids)) AND phone IS NOT NULL
    """
)


@dataclass(frozen=True)
class Aged:
    """A page: rows to be erased, contacts whose calls stay, and where the next page begins; "" behind the last."""

    whole: Sequence[str]
    words: Sequence[str]
    next_after: str


def aged_since(tx: Connection, interval: str) -> datetime:
    """Return the moment that lies an interval ago by the database's clock."""
    moment: datetime = tx.execute(_AGED_SINCE, {"interval": interval}).scalar_one()
    return moment


def aged_calls(tx: Connection, before: datetime, *, after: str) -> Aged:
    """Return the calls of a page that ended before a moment, whose contact has ended too."""
    rows = tx.execute(_CALLS, _page(before, after, "call")).all()
    return Aged([row.id for row in rows if row.is_aged], (), _next(rows))


def aged_contacts(tx: Connection, before: datetime, *, after: str) -> Aged:
    """Return the contacts of a page that ended before a moment."""
    rows = tx.execute(_CONTACTS, _page(before, after, "con")).all()
    aged = [row for row in rows if row.is_aged]
    return Aged([row.id for row in aged if not row.has_calls], [row.id for row in aged if row.has_calls], _next(rows))


def clear_words(tx: Connection, contact_ids: Sequence[str], *, before: datetime) -> int:
    """Clear what contacts brought and answered; their numbers stay. Returns how many had something."""
    return tx.execute(_CLEAR_WORDS, {"ids": list(contact_ids), "before": before}).rowcount


def give_up_recordings(tx: Connection, before: datetime) -> int:
    """Mark recordings that were told of before a moment as erased; the fetch loop removes their files."""
    return tx.execute(_RECORDINGS, {"before": before, "bound": _bound(before, "rec")}).rowcount


def aged_consents(tx: Connection, before: datetime, *, after: str) -> Aged:
    """Return the revocations of a page that were the last word of their person, before a moment."""
    rows = tx.execute(_CONSENTS, _page(before, after, "cns")).all()
    return Aged([row.id for row in rows if row.is_aged], (), _next(rows))


def clear_consents(tx: Connection, revocation_ids: Sequence[str]) -> int:
    """Clear all words of the people of these revocations; the revocations hold on."""
    return tx.execute(_CLEAR_CONSENTS, {"ids": list(revocation_ids)}).rowcount


def _page(before: datetime, after: str, prefix: str) -> dict[str, Any]:
    return {"before": before, "after": after, "bound": _bound(before, prefix)}


def _bound(before: datetime, prefix: str) -> str:
    """Return the id that all ids made since a moment are above: what is younger is not even looked at."""
    return f"{prefix}_{str(ULID.from_datetime(before))[:10]}"


def _next(rows: Sequence[Any]) -> str:
    return str(rows[-1].id) if len(rows) == PAGE else ""
