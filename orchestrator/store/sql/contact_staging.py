"""Writes contacts in bulk: COPY into a table of the session, then one INSERT that skips contacts that exist already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, text

from orchestrator.contact_files.contact_rows import NewContact
from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.zones.zones_version import zones_version

Dedupe = Literal["phone", "external_id"]

_STAGING = text(
    """
    CREATE TEMP TABLE IF NOT EXISTS staged_contacts (
        id text, phone text, external_id text, timezone text, timezone_source text, region text, zone text,
        not_before timestamptz, not_after timestamptz, priority int, variables jsonb, position int
    ) ON COMMIT DELETE ROWS
    """
)
_COPY = (
    "COPY staged_contacts (id, phone, external_id, timezone, timezone_source, region, zone, not_before, not_after, "
    "priority, variables, position) FROM STDIN"
)
_NEW_PHONES = """
    WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.campaign_id = :campaign_id AND c.phone = s.phone)
      AND NOT EXISTS (SELECT 1 FROM staged_contacts t WHERE t.phone = s.phone AND t.position < s.position)
"""
_INSERT = """
    INSERT INTO contacts (id, campaign_id, import_id, phone, external_id, timezone, timezone_source, region, zone,
                          zones_version, not_before, not_after, priority, variables, status, reason, due_at)
    SELECT id, :campaign_id, :import_id, phone, external_id, timezone, timezone_source, region, zone,
           :zones_version, not_before, not_after, priority, variables,
           CASE WHEN not_before > now() THEN '{held}' ELSE '{waiting}' END,
           CASE WHEN not_before > now() THEN 'not_yet' END,
           greatest(not_before, now())
    FROM staged_contacts s {only} ORDER BY {by_identity}, position
    ON CONFLICT DO NOTHING RETURNING id
"""  # greatest() ignores NULL: without a not_before the contact is due now
_KEY = "hashtextextended('contacts/' || :campaign_id, 0)"
_LOCK = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_SHARE = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")

BY_IDENTITY: Final = "external_id, CASE WHEN external_id IS NULL THEN phone END"
"""The order in which contacts are written: who comes to an identity that another is writing waits for that one."""


@dataclass(frozen=True, slots=True)
class StagedContact:
    """A contact that may be stored, with the id it would get and its zone."""

    contact_id: str
    contact: NewContact
    zone: str
    position: int


def insert_contacts(
    tx: Connection,
    rows: Sequence[StagedContact],
    *,
    campaign_id: str,
    import_id: str | None = None,
    dedupe: Dedupe | None = None,
) -> set[str]:
    """Insert contacts and return the ids of those that were new; of duplicates the first is kept.

    Within a campaign a contact is identified by its external_id if it has one, else by its phone. With dedupe `phone` a
    number is taken once, whatever its external ids; such an upload keeps others of its campaign waiting.
    """
    if not rows:
        return set()
    by_phone = dedupe == "phone"
    (lock_identities if by_phone else share_identities)(tx, campaign_id)
    _stage(tx, rows)
    only = _NEW_PHONES if by_phone else ""
    statuses = {"held": ContactStatus.HELD, "waiting": ContactStatus.WAITING}
    statement = text(_INSERT.format(only=only, by_identity=BY_IDENTITY, **statuses))
    params = {"campaign_id": campaign_id, "import_id": import_id, "zones_version": zones_version().name}
    ids = tx.execute(statement, params).scalars()
    return set(ids)


def lock_identities(tx: Connection, campaign_id: str) -> None:
    """Keep everybody else from giving a contact of a campaign an identity; called before anything else is locked.

    Who waited for one that an upload is writing, with the campaign locked, would wait in a circle.
    """
    tx.execute(_LOCK, {"campaign_id": campaign_id})


def share_identities(tx: Connection, campaign_id: str) -> None:
    """Keep everybody else from doing the above; others may write contacts, too."""
    tx.execute(_SHARE, {"campaign_id": campaign_id})


def _stage(tx: Connection, rows: Sequence[StagedContact]) -> None:
    tx.execute(_STAGING)
    driver: Any = tx.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(_cells(row))


def _cells(row: StagedContact) -> tuple[str | int | datetime | None, ...]:
    contact = row.contact
    return (
        row.contact_id,
        contact.phone,
        contact.external_id,
        contact.timezone,
        contact.timezone_source,
        contact.region,
        row.zone,
        contact.not_before,
        contact.not_after,
        contact.priority,
        orjson.dumps(contact.variables).decode(),
        row.position,
    )
