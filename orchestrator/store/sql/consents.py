"""Queries on consents and revocations: rows are added, listed, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.contact_status import OPEN_CONTACTS, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.consent_facts import is_revoked
from orchestrator.store.sql.erased_calls import ERASED
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import MAY_LIVE, NUMBER_GUARD, consent_events, contacts

_COLUMNS = (
    *("id", "phone", "act", "kind", "purposes", "text", "source", "evidence_url", "expires_at"),
    *("scope", "subject", "channel", "words", "digest"),
)
_HAVE_SECRET = text("INSERT INTO installation (id) VALUES (1) ON CONFLICT DO NOTHING")
# A clock that is ahead of the database's must not put a revocation off.
_INSERT = text(
    f"""
    INSERT INTO consent_events (number_key, at, {", ".join(_COLUMNS)})
    VALUES (number_key(:phone), least(CAST(:at AS timestamptz), clock_timestamp()),
        {", ".join(f":{name}" for name in _COLUMNS)})
    ON CONFLICT (digest) DO NOTHING RETURNING id
    """  # noqa: S608 built from constants
).bindparams(bindparam("purposes", type_=JSONB(none_as_null=True)))
_INSERT_MANY = text(
    """
    INSERT INTO consent_events (number_key, at, id, phone, act, kind, purposes, text, source, evidence_url, expires_at,
        digest)
    SELECT number_key(phone), least(at, clock_timestamp()), id, phone, act, kind, purposes, text, source, evidence_url,
        expires_at, digest
    FROM jsonb_to_recordset(:rows) AS r(id text, phone text, act text, kind text, purposes jsonb, text text,
        source text, evidence_url text, at timestamptz, expires_at timestamptz, digest text)
    ORDER BY digest
    ON CONFLICT (digest) DO NOTHING
    """
).bindparams(bindparam("rows", type_=JSONB))
_PHONES = text(
    f"SELECT DISTINCT phone FROM contacts WHERE external_id = ANY(:forms) AND phone NOT LIKE '{ERASED}%' LIMIT 2"  # noqa: S608
)
_REVOKED_CALLS = text(
    f"""
    SELECT c.id FROM calls c JOIN campaigns k ON k.id = c.campaign_id
    WHERE c.to_number = :phone AND c.direction = 'outbound' AND {MAY_LIVE} AND {is_revoked("c.number_key")}
    """  # noqa: S608 built from constants
)
# The order of all who lock both. A claim or a send that has asked the gate holds one of them until it has written what
# the gate said: behind these locks everybody held for want of a consent is seen.
_LOCK_CALLS = text(f"SELECT 1 FROM calls WHERE to_number = ANY(:phones) AND {NUMBER_GUARD} ORDER BY id FOR UPDATE")  # noqa: S608
_LOCK_CONTACTS = text(
    f"SELECT 1 FROM contacts WHERE phone = ANY(:phones) AND status IN {one_of(OPEN_CONTACTS)} ORDER BY id FOR UPDATE"  # noqa: S608
)


def insert_consent_event(tx: Connection, values: Mapping[str, Any]) -> tuple[Row[Any], bool]:
    """Insert a consent or a revocation and return its row; False with the one there is if it was recorded before."""
    row = {name: values.get(name) for name in (*_COLUMNS, "at")}
    tx.execute(_HAVE_SECRET)  # the key of a number is made with it
    is_new = tx.execute(_INSERT, row).first() is not None
    found = select(consent_events).where(consent_events.c.digest == values["digest"])
    return tx.execute(found).one(), is_new


def insert_consent_events(tx: Connection, events: Sequence[Mapping[str, Any]]) -> int:
    """Insert consents, each unless it was recorded before; return how many were not."""
    moments = ("at", "expires_at")
    rows = [{**event, **{name: event[name] and event[name].isoformat() for name in moments}} for event in events]
    tx.execute(_HAVE_SECRET)
    return tx.execute(_INSERT_MANY, {"rows": rows}).rowcount


def list_consent_events(tx: Connection, phone: str, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of a number's consents and revocations, those whose words were erased too."""
    query = select(consent_events).where(consent_events.c.number_key == func.number_key(phone))
    return tx.execute(newest_first(query, consent_events.c.id, after=after, limit=limit)).all()


def phones_of(tx: Connection, external_ids: Sequence[str]) -> list[str]:
    """Return the numbers of the contacts with one of these external ids, two at most."""
    return list(tx.execute(_PHONES, {"forms": list(external_ids)}).scalars())


def revoked_calls(tx: Connection, phone: str) -> list[str]:
    """Return the open calls to a number that its person has revoked."""
    return list(tx.execute(_REVOKED_CALLS, {"phone": phone}).scalars())


def release_missing(tx: Connection, phones: Sequence[str]) -> None:
    """Release the contacts of these numbers that are held for want of a consent, to be checked again at once.

    Also those that wait for a list: an answer on whether the number is still theirs may reach back to the new consent.
    """
    tx.execute(_LOCK_CALLS, {"phones": list(phones)})
    tx.execute(_LOCK_CONTACTS, {"phones": list(phones)})
    held = (contacts.c.phone.in_(phones), contacts.c.reason.in_((Reason.CONSENT_MISSING, Reason.LIST_STALE)))
    released = change_state(ContactStatus.WAITING, among=(ContactStatus.HELD,)).where(*held)
    tx.execute(released.values(reason=None, due_at=func.now()))
