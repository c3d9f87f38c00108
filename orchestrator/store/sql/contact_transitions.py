"""The contact's moves: every change of its status that the engine makes, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.contact_status import CONTACT_TRANSITIONS, ContactStatus
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason
from orchestrator.store.sql.state_lists import IS_CLAIMABLE

_MOVE = text(
    """
    UPDATE contacts c SET status = m.status, reason = m.reason, due_at = m.due_at::timestamptz,
        current_call_id = m.current_call_id, updated_at = now()
    FROM jsonb_to_recordset(:moves) AS m(contact_id text, status text, reason text, due_at text, current_call_id text)
    WHERE c.id = m.contact_id
    """
).bindparams(bindparam("moves", type_=JSONB))

_WAIT_AGAIN = text(
    """
    UPDATE contacts c SET status = m.status, reason = m.reason, due_at = m.due_at::timestamptz, current_call_id = NULL,
        unspent_tries = c.unspent_tries + m.counts, updated_at = now()
    FROM jsonb_to_recordset(:moves)
        AS m(contact_id text, status text, reason text, due_at text, counts int)
    WHERE c.id = m.contact_id
    """
).bindparams(bindparam("moves", type_=JSONB))

_LOCK = text("SELECT 1 FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")  # as settling does: no deadlock
_STANDINGS = text(
    """
    SELECT c.id, c.unspent_tries, g.status AS campaign_status, clock_timestamp() AS now,
        c.status, c.current_call_id,
        c.attempts = 0 AND EXISTS (SELECT 1 FROM imports i WHERE i.id = c.import_id AND i.status = 'withdrawn')
            AS is_withdrawn
    FROM contacts c JOIN campaigns g ON g.id = c.campaign_id WHERE c.id = ANY(:ids)
    """
)

_DUE = f"""c.{IS_CLAIMABLE} AND c.due_at <= now()"""
# Who is due, first come first served: with nobody due it reads nothing, however many wait for tomorrow. Where somebody
# is, what the transaction asks next is planned once for all values: PostgreSQL would do it each time, for it takes any
# array for one of ten, and planning costs more than the answers.
_FIRST_DUE = text(
    f"""
    SELECT p.id, set_config('plan_cache_mode', 'force_generic_plan', true)
    FROM unnest(CAST(:zones AS text[])) AS z(zone) CROSS JOIN LATERAL (
        SELECT c.id FROM contacts c
        WHERE c.campaign_id = :campaign_id AND c.zone = z.zone AND {_DUE} AND c.due_at IS NOT NULL
        ORDER BY c.due_at LIMIT :few) p
    LIMIT :few
    """  # noqa: S608 built from constants
)
# The best of many. Each priority is a range of its own: those who are due do not stand behind all who are not. Where
# there are more priorities than are worth a look each, the rest is one range.
_BEST_DUE = text(
    f"""
    WITH RECURSIVE level (zone, priority, n) AS (
        SELECT z.zone, (SELECT max(priority) FROM contacts WHERE campaign_id = :campaign_id AND zone = z.zone
                        AND {IS_CLAIMABLE}), 1
        FROM unnest(CAST(:zones AS text[])) AS z(zone)
        UNION ALL
        SELECT zone, (SELECT max(priority) FROM contacts WHERE campaign_id = :campaign_id AND zone = level.zone
                      AND {IS_CLAIMABLE} AND priority < level.priority), n + 1
        FROM level WHERE priority IS NOT NULL AND n < :levels
    )
    SELECT id FROM (
        SELECT p.* FROM level CROSS JOIN LATERAL (
            SELECT c.id, c.priority, c.due_at FROM contacts c
            WHERE c.campaign_id = :campaign_id AND c.zone = level.zone AND c.priority = level.priority AND {_DUE}
            ORDER BY c.due_at, c.id LIMIT :spread) p
        WHERE level.n < :levels
        UNION ALL
        SELECT p.* FROM level CROSS JOIN LATERAL (
            SELECT c.id, c.priority, c.due_at FROM contacts c
            WHERE c.campaign_id = :campaign_id AND c.zone = level.zone AND c.priority <= level.priority AND {_DUE}
            ORDER BY c.priority DESC, c.due_at, c.id LIMIT :spread) p
        WHERE level.n = :levels
    ) best ORDER BY priority DESC, due_at, id LIMIT :spread
    """  # noqa: S608 built from constants
)
_LOCK_CANDIDATES = text(
    f"""
    SELECT c.id FROM contacts c WHERE c.id = ANY(:ids) AND {_DUE}
    ORDER BY c.priority DESC, c.due_at, c.id LIMIT :most FOR UPDATE SKIP LOCKED
    """  # noqa: S608 built from constants
)
_LEVELS = 32


_HOLD_STILL = text("SELECT 1 FROM campaigns g, installation i WHERE g.id = :campaign_id FOR SHARE OF g, i SKIP LOCKED")


@dataclass(frozen=True)
class Move:
    """A contact's new status; `due_at` None means for ever, until somebody changes something.

    Raises ForbiddenTransition where a contact in `source` may not be in `status` next.
    """

    contact_id: str
    source: ContactStatus
    status: ContactStatus
    reason: str | None = None
    due_at: datetime | None = None
    current_call_id: str | None = None

    def __post_init__(self) -> None:
        CONTACT_TRANSITIONS.check(self.source, self.status)


@dataclass(frozen=True)
class ContactRelease:
    """A contact whose attempt was withdrawn; `counts` 1 if it was an unspent try of its own (R4).

    Raises ForbiddenTransition where a contact in `source` may not be in `status` next.
    """

    contact_id: str
    source: ContactStatus
    status: ContactStatus
    reason: str
    due_at: datetime | None
    counts: int

    def __post_init__(self) -> None:
        CONTACT_TRANSITIONS.check(self.source, self.status)


@dataclass(frozen=True)
class ReleaseFacts:
    """A contact whose attempt is withdrawn; `end` is set when its campaign or its import dials nobody any more."""

    status: ContactStatus
    current_call_id: str | None
    unspent_tries: int
    now: datetime
    end: tuple[ContactStatus, Reason] | None


def lock_release_facts(tx: Connection, contact_ids: Sequence[str]) -> dict[str, ReleaseFacts]:
    """Lock contacts and return how they stand, read behind the locks: who ends their campaign waits for them."""
    ids = {"ids": list(contact_ids)}
    tx.execute(_LOCK, ids)
    rows = tx.execute(_STANDINGS, ids).all()
    return {row.id: _release_facts(row) for row in rows}


def lock_dialing_rules(tx: Connection, campaign_id: str) -> bool:
    """Keep a campaign's status and the stop of all dialing as they are until this transaction ends.

    False while somebody is changing one of them: nobody is claimed then, and no dispatcher waits for it.
    """
    return tx.execute(_HOLD_STILL, {"campaign_id": campaign_id}).first() is not None


def lock_candidates(tx: Connection, campaign_id: str, *, zones: Sequence[str], most: int, rivals: int = 4) -> list[str]:
    """Lock and return up to `most` due contacts of these zones, skipping what other dispatchers hold (R10).

    Higher priorities come first, and of one priority who has waited longest.
    """
    spread = most * rivals
    params = {"campaign_id": campaign_id, "zones": list(zones)}
    ids = tx.execute(_FIRST_DUE, {**params, "few": spread + 1}).scalars().all()
    if len(ids) > spread:  # these are all who are due, or the best are looked for
        ids = tx.execute(_BEST_DUE, {**params, "spread": spread, "levels": _LEVELS}).scalars().all()
    return list(tx.execute(_LOCK_CANDIDATES, {"ids": ids, "most": most}).scalars()) if ids else []


def lock_if_due(tx: Connection, contact_id: str) -> bool:
    """Lock a contact that is still due; False for one that is not, or that somebody else holds."""
    return tx.execute(_LOCK_CANDIDATES, {"ids": [contact_id], "most": 1}).first() is not None


def move_contacts(tx: Connection, moves: Sequence[Move]) -> None:
    """Make these moves, whatever the contacts' status was: the caller holds their locks."""
    if moves:
        tx.execute(_MOVE, {"moves": [_row(move) for move in moves]})


def release_contacts(tx: Connection, moves: Sequence[ContactRelease]) -> None:
    """Put contacts back: the caller holds their locks and knows that the withdrawn call is the current one of each."""
    if moves:
        tx.execute(_WAIT_AGAIN, {"moves": [_row(move) for move in moves]})


def _release_facts(row: Row[Any]) -> ReleaseFacts:
    status = ContactStatus(row.status)
    return ReleaseFacts(status, row.current_call_id, row.unspent_tries, row.now, _end_of(row))


def _end_of(row: Row[Any]) -> tuple[ContactStatus, Reason] | None:
    withdrawn = (ContactStatus.CANCELED, Reason.IMPORT_WITHDRAWN) if row.is_withdrawn else None
    return END_OF_CAMPAIGN.get(row.campaign_status) or withdrawn


def _row(move: Move | ContactRelease) -> dict[str, Any]:
    due_at = move.due_at.isoformat() if move.due_at else None
    return {**asdict(move), "due_at": due_at}
