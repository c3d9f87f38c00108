"""The contact's moves: every change of its status that the engine makes, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.policy.reasons import END_OF_CAMPAIGN, FinalStatus, Reason

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
        AS m(contact_id text, call_id text, status text, reason text, due_at text, counts int)
    WHERE c.id = m.contact_id AND c.current_call_id = m.call_id
    """
).bindparams(bindparam("moves", type_=JSONB))

_LOCK = text("SELECT 1 FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")  # as settling does: no deadlock
_STANDINGS = text(
    """
    SELECT c.id, c.unspent_tries, g.status AS campaign_status, clock_timestamp() AS now,
        c.attempts = 0 AND EXISTS (SELECT 1 FROM imports i WHERE i.id = c.import_id AND i.status = 'withdrawn')
            AS is_withdrawn
    FROM contacts c JOIN campaigns g ON g.id = c.campaign_id WHERE c.id = ANY(:ids)
    """
)

_LOCK_CANDIDATES = text(
    """
    SELECT c.id FROM contacts c WHERE c.status IN ('waiting', 'held') AND c.due_at <= now() AND c.id IN (
        SELECT id FROM (
            SELECT p.id, p.priority, p.due_at FROM unnest(CAST(:zones AS text[])) AS z(zone)
            CROSS JOIN LATERAL (
                SELECT id, priority, due_at FROM contacts
                WHERE campaign_id = :campaign_id AND zone = z.zone AND status IN ('waiting', 'held') AND due_at <= now()
                ORDER BY priority DESC, due_at, id LIMIT :spread
            ) p ORDER BY p.priority DESC, p.due_at, p.id LIMIT :spread
        ) best)
    ORDER BY c.priority DESC, c.due_at, c.id LIMIT :most FOR UPDATE SKIP LOCKED
    """
)


_HOLD_STILL = text("SELECT 1 FROM campaigns g, installation i WHERE g.id = :campaign_id FOR SHARE OF g, i SKIP LOCKED")


@dataclass(frozen=True)
class Move:
    """A contact's new status; `due_at` None means for ever, until somebody changes something."""

    contact_id: str
    status: str
    reason: str | None = None
    due_at: datetime | None = None
    current_call_id: str | None = None


@dataclass(frozen=True)
class WaitAgain:
    """A contact whose attempt was withdrawn; `counts` 1 if it was an unspent try of its own (R4)."""

    contact_id: str
    call_id: str
    status: str
    reason: str
    due_at: datetime | None
    counts: int


@dataclass(frozen=True)
class ContactStanding:
    """A contact whose attempt is withdrawn; `end` is set when its campaign or its import dials nobody any more."""

    unspent_tries: int
    now: datetime
    end: tuple[FinalStatus, Reason] | None


def lock_standings(connection: Connection, contact_ids: Sequence[str]) -> dict[str, ContactStanding]:
    """Lock contacts and return how they stand, read behind the locks: who ends their campaign waits for them."""
    ids = {"ids": list(contact_ids)}
    connection.execute(_LOCK, ids)
    rows = connection.execute(_STANDINGS, ids).all()
    return {row.id: ContactStanding(row.unspent_tries, row.now, _end_of(row)) for row in rows}


def hold_still(connection: Connection, campaign_id: str) -> bool:
    """Keep a campaign's status and the stop of all dialing as they are until this transaction ends.

    False while somebody is changing one of them: nobody is claimed then, and no dispatcher waits for it.
    """
    return connection.execute(_HOLD_STILL, {"campaign_id": campaign_id}).first() is not None


def lock_candidates(
    connection: Connection, campaign_id: str, *, zones: Sequence[str], most: int, rivals: int = 4
) -> list[str]:
    """Lock and return up to `most` due contacts of these zones, skipping what other dispatchers hold (R10)."""
    params = {"campaign_id": campaign_id, "zones": list(zones), "most": most, "spread": most * rivals}
    return list(connection.execute(_LOCK_CANDIDATES, params).scalars())


def move_contacts(connection: Connection, moves: Sequence[Move]) -> None:
    """Make these moves, whatever the contacts' status was: the caller holds their locks."""
    if moves:
        connection.execute(_MOVE, {"moves": [_row(move) for move in moves]})


def wait_again(connection: Connection, moves: Sequence[WaitAgain]) -> None:
    """Put contacts back, each only while the withdrawn call is its current one."""
    if moves:
        connection.execute(_WAIT_AGAIN, {"moves": [_row(move) for move in moves]})


def _end_of(row: Row[Any]) -> tuple[FinalStatus, Reason] | None:
    withdrawn = (FinalStatus.CANCELED, Reason.IMPORT_WITHDRAWN) if row.is_withdrawn else None
    return END_OF_CAMPAIGN.get(row.campaign_status) or withdrawn


def _row(move: Move | WaitAgain) -> dict[str, Any]:
    due_at = move.due_at.isoformat() if move.due_at else None
    return {**asdict(move), "due_at": due_at}
