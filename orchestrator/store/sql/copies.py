"""Copies a campaign and its contacts within the database: what people have set, and nothing of what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, literal, select, text
from sqlalchemy.dialects.postgresql import insert

from orchestrator.ids import new_id
from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.callbacks import USUAL_PRIORITY
from orchestrator.store.sql.contact_staging import BY_IDENTITY, share_identities
from orchestrator.store.sql.opt_outs import IN_FORCE
from orchestrator.store.sql.tables import campaigns

_NOT_COPIED = frozenset(
    {"id", "name", "status", "status_reason", "starts_at", "ends_at", "proving_since", "heard_webhooks"}
    | {"created_at", "started_at", "completed_at"}
)
_IS_SUPPRESSED = f"""
    EXISTS (SELECT 1 FROM suppressions s
        WHERE s.phone = c.phone AND s.scope = 'global' AND s.expires_at IS NULL AND {IN_FORCE})
"""  # noqa: S608 built from constants
_CONTACTS = text(
    f"""
    INSERT INTO contacts (id, campaign_id, phone, external_id, timezone, timezone_source, region, zone, zones_version,
        not_before, not_after, priority, variables, status, reason, due_at)
    SELECT i.new_id, :to, c.phone, c.external_id, c.timezone, c.timezone_source, c.region, c.zone, c.zones_version,
        CASE WHEN c.not_before > now() THEN c.not_before END, CASE WHEN c.not_after > now() THEN c.not_after END,
        {USUAL_PRIORITY}, c.variables,
        CASE WHEN {_IS_SUPPRESSED} THEN '{ContactStatus.SUPPRESSED}'
             WHEN c.not_before > now() THEN '{ContactStatus.HELD}' ELSE '{ContactStatus.WAITING}' END,
        CASE WHEN {_IS_SUPPRESSED} THEN '{Reason.SUPPRESSED}' WHEN c.not_before > now() THEN '{Reason.NOT_YET}' END,
        greatest(c.not_before, now())
    FROM unnest(CAST(:ids AS text[]), CAST(:new_ids AS text[])) AS i(id, new_id) JOIN contacts c ON c.id = i.id
    ORDER BY {BY_IDENTITY} ON CONFLICT DO NOTHING RETURNING zone
    """  # noqa: S608 built from constants
)


def copy_campaign(tx: Connection, campaign_id: str, clone_id: str, own: Mapping[str, Any]) -> None:
    """Insert a draft with the settings of a campaign, and its `own` values; one with the same id stays."""
    settings = [column for column in campaigns.c if column.name not in _NOT_COPIED]
    said = [literal(value, campaigns.c[name].type).label(name) for name, value in {"id": clone_id, **own}.items()]
    names = [*(column.name for column in settings), "id", *own]
    source = select(*settings, *said).where(campaigns.c.id == campaign_id)
    tx.execute(insert(campaigns).from_select(names, source).on_conflict_do_nothing(index_elements=[campaigns.c.id]))


def copy_contacts(tx: Connection, contact_ids: Sequence[str], *, to: str) -> Sequence[str]:
    """Insert copies of contacts that were never called; return the zone of each that the campaign did not have."""
    share_identities(tx, to)
    new_ids = [new_id("con") for _ in contact_ids]
    return tx.execute(_CONTACTS, {"ids": list(contact_ids), "new_ids": new_ids, "to": to}).scalars().all()
