"""Writes opt-outs: that of a number within a scope is only ever lengthened, and every request is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    TextClause,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.ids import new_id
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.state_changes import sources_of
from orchestrator.store.sql.tables import lifted_suppressions, suppressions

# Whether `s`, a row of `suppressions`, is in force at this moment; lifted ones are in another table.
IN_FORCE = "(s.expires_at IS NULL OR s.expires_at > clock_timestamp())"
IS_IN_FORCE = suppressions.c.expires_at.is_(None) | (suppressions.c.expires_at > func.clock_timestamp())
EXPIRY = "expiry"
"""The value of `lifted_by` for an opt-out that has expired."""
LIFTING = ("lifted_at", "lifted_by", "because")
"""The columns that a lifted suppression has beside those of one in force."""


def lifted(
    which: ColumnElement[bool] | TextClause, *, at: ColumnElement[Any] | None = None, by: str, because: str | None
) -> Insert:
    """Return the statement that moves `which` suppressions to the lifted ones; `at` None: each when it expired."""
    over = delete(suppressions).where(which).returning(*suppressions.c).cte("over")
    moved = select(*over.c, over.c.expires_at if at is None else at, literal(by), literal(because))
    names = [*suppressions.c.keys(), *LIFTING]
    return insert(lifted_suppressions).from_select(names, moved)


_ONE_WRITER = text("SELECT pg_advisory_xact_lock(hashtextextended('suppressions', 0))")
_ASKED = """jsonb_to_recordset(:rows) AS a(
    n int, phone text, scope text, reason text, asked_by text, expires_at timestamptz, call_id text)"""
_RECORDED_BEFORE = text(
    """
    SELECT s.phone, s.scope, r.call_id FROM suppression_requests r
    JOIN (SELECT id, phone, scope FROM suppressions UNION ALL SELECT id, phone, scope FROM lifted_suppressions) s
        ON s.id = r.suppression_id
    WHERE r.call_id = ANY(:call_ids)
    """
)
_EXPIRED = text(
    f"""
    (suppressions.phone, suppressions.scope) IN (SELECT a.phone, a.scope FROM {_ASKED})
        AND suppressions.expires_at <= clock_timestamp()
    """  # noqa: S608 built from constants
).bindparams(bindparam("rows", type_=JSONB))
_CLOSE_EXPIRED = lifted(_EXPIRED, by=EXPIRY, because=None)
_LENGTHEN = text(
    """
    INSERT INTO suppressions AS s (id, phone, scope, reason, call_id, expires_at)
    SELECT id, phone, scope, reason, call_id, expires_at
    FROM jsonb_to_recordset(:rows) AS a(id text, phone text, scope text, reason text, call_id text,
        expires_at timestamptz)
    ON CONFLICT (phone, scope) DO UPDATE SET expires_at = excluded.expires_at
    WHERE s.expires_at < coalesce(excluded.expires_at, 'infinity')
    RETURNING s.id, s.phone, s.scope
    """
).bindparams(bindparam("rows", type_=JSONB))
_KEEP_WORDS = text(
    f"""
    INSERT INTO suppression_requests (suppression_id, asked_by, reason, expires_at, call_id)
    SELECT s.id, a.asked_by, a.reason, a.expires_at, a.call_id
    FROM {_ASKED} JOIN suppressions s ON s.phone = a.phone AND s.scope = a.scope
    WHERE NOT EXISTS (
        SELECT 1 FROM suppression_requests r WHERE r.suppression_id = s.id AND r.asked_by = a.asked_by
            AND r.reason = a.reason AND r.expires_at IS NOT DISTINCT FROM a.expires_at
            AND r.call_id IS NOT DISTINCT FROM a.call_id)
    GROUP BY s.id, a.asked_by, a.reason, a.expires_at, a.call_id ORDER BY min(a.n)
    """  # noqa: S608 built from constants
).bindparams(bindparam("rows", type_=JSONB))


# A number that is suppressed for a time is left to the gate: its contacts may be due only when that is over.
_END = f"""
    UPDATE contacts SET status = '{ContactStatus.SUPPRESSED}', reason = '{Reason.SUPPRESSED}', due_at = NULL,
        updated_at = now()
    WHERE id IN (
        SELECT c.id FROM suppressions s JOIN contacts c ON c.phone = s.phone AND s.scope IN ('global', c.campaign_id)
        WHERE s.phone = ANY(:phones) AND s.expires_at IS NULL
            AND c.status IN {sources_of(ContactStatus.SUPPRESSED, among=CLAIMABLE)}
        ORDER BY c.id LIMIT :most FOR UPDATE OF c {{skip}})
"""  # noqa: S608 built from constants
_END_FREE, _END_ALL = text(_END.format(skip="SKIP LOCKED")), text(_END.format(skip=""))
_STILL_WAITING = text(
    f"""
    SELECT DISTINCT s.phone FROM suppression_requests r JOIN suppressions s ON s.id = r.suppression_id
        JOIN contacts c ON c.phone = s.phone AND s.scope IN ('global', c.campaign_id)
    WHERE r.asked_at >= :asked_since AND s.expires_at IS NULL
        AND c.status IN {sources_of(ContactStatus.SUPPRESSED, among=CLAIMABLE)}
    LIMIT :most
    """  # noqa: S608 built from constants
)
ENDED_AT_ONCE = 500  # one number may be a contact of many campaigns


@dataclass(frozen=True)
class Asked:
    """A request to suppress a number: by whom, why, and until when (by `format_timestamp`; None: for ever).

    `call_id` is the call whose flow made it.
    """

    phone: str
    scope: str
    reason: str
    asked_by: str
    expires_at: str | None = None
    call_id: str | None = None


class Change(StrEnum):
    """How a request changed the suppression of its number and scope."""

    ADDED = "added"
    LENGTHENED = "lengthened"
    KEPT = "kept"


Place: TypeAlias = tuple[str, str]
"""A number and a scope."""


def write_opt_outs(tx: Connection, wishes: Sequence[Asked]) -> Mapping[Place, Change]:
    """Write requests and return the change of each number and scope; of several for one, the longest holds.

    No end wins over any end, the later end over the earlier, and the reason stays that of the first. Every request is
    kept in the history, unless it repeats an earlier one. Safe to repeat, in any order: a request of a call's flow that
    was lifted since does not come back. Contacts that wait end with it, up to ENDED_AT_ONCE and none that is locked.
    """
    fresh = _not_recorded_before(tx, wishes)
    if not fresh:
        return {}
    be_the_one_writer(tx)
    rows = {"rows": [{"n": n, **asdict(wish)} for n, wish in enumerate(fresh)]}
    tx.execute(_CLOSE_EXPIRED, rows)
    longest = [{"id": new_id("sup"), **asdict(wish)} for wish in _longest(fresh).values()]
    written = tx.execute(_LENGTHEN, {"rows": longest}).all()
    tx.execute(_KEEP_WORDS, rows)
    end_waiting(tx, {wish.phone for wish in fresh})
    return _changes(longest, {row.id: (row.phone, row.scope) for row in written})


def end_waiting(tx: Connection, phones: Collection[str], *, skip_locked: bool = True) -> int:
    """End contacts that wait or are held and whose number is suppressed for good, some of them; return how many.

    With `skip_locked` those are left out whom somebody else is changing: the gate ends them, or whoever comes later.
    """
    params = {"phones": sorted(phones), "most": ENDED_AT_ONCE}
    return tx.execute(_END_FREE if skip_locked else _END_ALL, params).rowcount


def phones_still_waiting(tx: Connection, *, asked_since: datetime) -> Sequence[str]:
    """Return numbers that were suppressed for good since then, and with which contacts still wait; some of them."""
    return tx.execute(_STILL_WAITING, {"asked_since": asked_since, "most": ENDED_AT_ONCE}).scalars().all()


def be_the_one_writer(tx: Connection) -> None:
    """Keep other transactions from writing opt-outs until this one ends: two would deadlock, or both say `added`."""
    tx.execute(_ONE_WRITER)


def _not_recorded_before(tx: Connection, wishes: Sequence[Asked]) -> list[Asked]:
    call_ids = [wish.call_id for wish in wishes if wish.call_id]
    if not call_ids:
        return list(wishes)
    already_recorded = {tuple(row) for row in tx.execute(_RECORDED_BEFORE, {"call_ids": call_ids})}
    return [wish for wish in wishes if (wish.phone, wish.scope, wish.call_id) not in already_recorded]


def _longest(wishes: Sequence[Asked]) -> dict[Place, Asked]:
    longest: dict[Place, Asked] = {}
    for wish in wishes:
        known = longest.setdefault((wish.phone, wish.scope), wish)
        if known.expires_at and (wish.expires_at is None or wish.expires_at > known.expires_at):
            longest[wish.phone, wish.scope] = replace(known, expires_at=wish.expires_at)
    return longest


def _changes(asked: Sequence[Mapping[str, Any]], written: Mapping[str, Place]) -> dict[Place, Change]:
    ours, touched = {row["id"] for row in asked}, {place: ident for ident, place in written.items()}

    def change(place: Place) -> Change:
        if place not in touched:
            return Change.KEPT
        return Change.ADDED if touched[place] in ours else Change.LENGTHENED

    return {place: change(place) for place in ((row["phone"], row["scope"]) for row in asked)}
