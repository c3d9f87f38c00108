"""Queries on holds that a person has lifted: each lets one more call be made, and is kept with who, when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.attempt_state import AttemptState
from orchestrator.store.sql.moment import AT, known_by_then
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import COUNTED_DIALS, lifted_holds

# By the clock and not by the beginning of the transaction: the contact's lock was waited for.
_INSERT = text(
    """
    INSERT INTO lifted_holds (id, number_key, contact_id, holds, because, by, lifted_at, expires_at)
    SELECT :id, number_key(c.phone), c.id, :holds, :because, :by, t.at, t.at + CAST(:lasts AS interval)
    FROM contacts c, (SELECT clock_timestamp() AS at) t WHERE c.id = :contact_id
    """
).bindparams(bindparam("holds", type_=JSONB))


def lifts_in_force(*, besides: str) -> str:
    """Return the SQL of `lifts`, as JSON text, newest first: those upon which the number has not been dialed since.

    `c` is the contact, `caps.number_key` the key of its number. The attempt `besides` is left out of the dials.
    """
    dial = f"SELECT 1 FROM calls d WHERE d.number_key = h.number_key AND {COUNTED_DIALS} AND d.id <> {besides}"  # noqa: S608
    unsent = f"d.last_sent_at IS NULL AND (d.state = '{AttemptState.RESERVED}' OR d.reserved_at > h.lifted_at)"
    return f"""
        SELECT json_agg(json_build_object('holds', h.holds, 'by', h.by, 'because', h.because, 'at', h.lifted_at)
            ORDER BY h.id DESC)::text AS lifts
        FROM lifted_holds h
        WHERE h.contact_id = c.id AND h.number_key = caps.number_key
            AND h.expires_at > {AT} AND {known_by_then("h.lifted_at")}
            AND NOT EXISTS ({dial} AND d.last_sent_at > h.lifted_at AND {known_by_then("d.last_sent_at")})
            AND NOT EXISTS ({dial} AND {unsent} AND {known_by_then("d.reserved_at")})
    """  # noqa: S608 built from constants


def insert_lift(tx: Connection, values: Mapping[str, Any]) -> None:
    """Write a lift for the number that a contact has; the caller has locked the contact."""
    tx.execute(_INSERT, values)


def find_lift(tx: Connection, lift_id: str) -> Row[Any]:
    """Return a lift that is there."""
    return tx.execute(select(lifted_holds).where(lifted_holds.c.id == lift_id)).one()


def list_lifts(tx: Connection, contact_id: str, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of the lifts for a contact, newest first."""
    query = select(lifted_holds).where(lifted_holds.c.contact_id == contact_id)
    return tx.execute(newest_first(query, lifted_holds.c.id, after=after, limit=limit)).all()
