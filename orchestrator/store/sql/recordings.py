"""Queries on recordings: written when announced, leased to be fetched, listed, erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.ids import new_id
from orchestrator.model.recording import ReportedRecording
from orchestrator.store.sql.erased_calls import IS_ERASED
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import calls, campaigns, contacts, recordings

# Announced again with newer links, a recording not yet fetched is tried again; an erased call gets none.
_WRITE = text(
    f"""
    INSERT INTO recordings (id, call_id, told_as, event_id, told_at, recording_id, leg, channels, format, started_at,
        ended_at, urls, public_urls, state, error)
    SELECT r.id, r.call_id, r.told_as, r.event_id, r.told_at, r.recording_id, r.leg, r.channels, r.format, r.started_at,
        r.ended_at, r.urls, r.public_urls, r.state, r.error
    FROM jsonb_to_recordset(:rows) AS r(id text, call_id text, told_as text, event_id text, told_at timestamptz,
        recording_id text, leg text, channels text, format text, started_at timestamptz, ended_at timestamptz,
        urls jsonb, public_urls jsonb, state text, error jsonb)
    JOIN calls k ON k.id = r.call_id AND NOT {IS_ERASED}
    ON CONFLICT (call_id, told_as) DO UPDATE SET event_id = excluded.event_id, told_at = excluded.told_at,
        format = excluded.format, urls = excluded.urls, public_urls = excluded.public_urls, state = excluded.state,
        error = excluded.error, tries = 0, due_at = now(), lease = NULL
    WHERE recordings.told_at < excluded.told_at AND recordings.state IN ('pending', 'incomplete', 'failed')
        AND excluded.state = 'pending'
    """  # noqa: S608 built from constants
).bindparams(bindparam("rows", type_=JSONB))

_TAKE = text(
    """
    UPDATE recordings SET lease = :lease, due_at = now() + make_interval(secs => :lease_s), tries = tries + 1
    WHERE id = (
        SELECT id FROM recordings WHERE state IN ('pending', 'erased') AND due_at <= now()
        ORDER BY tries > 0, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *, extract(epoch FROM now() - told_at)::float AS age_s
    """
)


def write_recordings(tx: Connection, reported: Sequence[ReportedRecording]) -> None:
    """Write recordings that are not yet known; safe to repeat."""
    # Of two announcements in one batch the later one counts: a statement may not touch a row twice.
    newest = {(each.call_id, each.told_as): each for each in sorted(reported, key=lambda each: each.told_at)}
    if newest:
        rows = [{"id": new_id("rec"), **each.model_dump(mode="json")} for _, each in sorted(newest.items())]
        tx.execute(_WRITE, {"rows": rows})


def take_recording(tx: Connection, lease: str, *, lease_s: float) -> Row[Any] | None:
    """Lease one recording that is due and return it, with its age in seconds; no other process gets it meanwhile.

    Recordings never tried come first, so that failing links do not delay others.
    """
    return tx.execute(_TAKE, {"lease": lease, "lease_s": lease_s}).first()


def renew_lease(tx: Connection, ident: str, lease: str, *, lease_s: float) -> bool:
    """Extend a lease to `lease_s` from now; False when another process holds it."""
    ours = (recordings.c.id == ident, recordings.c.lease == lease)
    renewed = update(recordings).where(*ours).values(due_at=seconds_from_now(lease_s))
    return tx.execute(renewed).rowcount == 1


def change_leased(tx: Connection, ident: str, lease: str, changes: Mapping[str, Any]) -> bool:
    """Change a pending recording under its lease; False when another process holds it."""
    ours = (recordings.c.id == ident, recordings.c.lease == lease, recordings.c.state == "pending")
    return tx.execute(update(recordings).where(*ours).values(dict(changes))).rowcount == 1


def seconds_from_now(seconds: float) -> ColumnElement[Any]:
    """Return the SQL for a time so many seconds from now, by the database's clock."""
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def is_kept(tx: Connection, ident: str) -> bool:
    """Return whether the recording still exists and is not erased."""
    kept = select(recordings.c.id).where(recordings.c.id == ident, recordings.c.state != "erased")
    return tx.execute(kept).first() is not None


def fetch_anew(tx: Connection, ident: str) -> bool:
    """Make a recording that was given up due again, with all its tries; False for any other."""
    given_up = (recordings.c.id == ident, recordings.c.state.in_(("incomplete", "failed")))
    anew = {"state": "pending", "tries": 0, "due_at": func.now(), "lease": None, "error": None}
    return tx.execute(update(recordings).where(*given_up).values(anew)).rowcount == 1


def is_any_put_off(tx: Connection, code: str) -> bool:
    """Return whether a recording waits to be fetched whose last try failed with this code."""
    put_off = (recordings.c.state == "pending", recordings.c.error["code"].astext == code)
    return tx.execute(select(recordings.c.id).where(*put_off).limit(1)).first() is not None


def erased_recordings(tx: Connection, call_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the recordings of these calls that were erased; their files are still to be removed."""
    erased = select(recordings).where(recordings.c.call_id.in_(call_ids), recordings.c.state == "erased")
    return tx.execute(erased).all()


def forget_recording(tx: Connection, ident: str) -> None:
    """Delete the row of an erased recording whose file is deleted."""
    tx.execute(delete(recordings).where(recordings.c.id == ident, recordings.c.state == "erased"))


_FILTERS: Mapping[str, Any] = {
    "call_id": recordings.c.call_id,
    "campaign_id": recordings.c.campaign_id,
    "status": recordings.c.state,
}


def list_recordings(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of recordings."""
    query = _shown().where(*(_FILTERS[name] == value for name, value in filters.items()))
    return tx.execute(newest_first(query, recordings.c.id, after=after, limit=limit)).all()


def find_recording(tx: Connection, ident: str) -> Row[Any] | None:
    """Return a recording."""
    return tx.execute(_shown().where(recordings.c.id == ident)).first()


def recordings_of(tx: Connection, call_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the recordings of these calls, call by call, in the order in which they were announced."""
    query = _shown().where(recordings.c.call_id.in_(call_ids))
    return tx.execute(query.order_by(recordings.c.call_id, recordings.c.told_at, recordings.c.id)).all()


def _shown() -> Select[Any]:
    """Return the query of recordings with whom their call was with: none for a number that nobody was joined to."""
    is_joined = calls.c.direction == "inbound"
    of_call = recordings.join(calls, calls.c.id == recordings.c.call_id)
    joined = of_call.join(campaigns, campaigns.c.id == calls.c.campaign_id).outerjoin(
        contacts, contacts.c.id == case((is_joined, calls.c.joined_contact_id), else_=calls.c.contact_id)
    )
    campaign = case((is_joined, contacts.c.campaign_id), (campaigns.c.kind == "campaign", campaigns.c.id))
    beside = (
        calls.c.direction,
        calls.c.to_number,
        calls.c.from_number,
        contacts.c.id.label("contact_id"),
        campaign.label("shown_campaign_id"),
    )
    return select(recordings, *beside).select_from(joined).where(recordings.c.state != "erased")
