"""Finds open contacts whose zone was derived by other data than today's, and writes the one that holds now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, RowMapping, func, text, update

from orchestrator.model.contact_status import OPEN_CONTACTS, ContactStatus
from orchestrator.policy.zones.zones_version import ZonesVersion
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.state_lists import IS_CLAIMABLE
from orchestrator.store.sql.tables import contacts
from orchestrator.store.timeouts import SWEEPING

BATCH = 200

# Each is a range of the index. A newer version is left alone: two that work side by side would undo each other's work.
_OTHERS = (
    "c.zones_version IS NULL",  # of engines that knew no versions
    "c.zones_version < :name",
    "c.zones_version > :name AND c.zones_version < :below",
)
# The campaign is held, so that its default does not change meanwhile; who is busy is met by the next batch.
_LOCK = """
    SELECT c.id, c.phone, c.timezone, c.region, c.zone, c.status, c.reason, c.campaign_id, g.default_timezone,
        clock_timestamp() AS now
    FROM contacts c JOIN campaigns g ON g.id = c.campaign_id
    WHERE c.{claimable} AND {others}
    ORDER BY c.zones_version LIMIT :most FOR UPDATE OF c SKIP LOCKED FOR SHARE OF g SKIP LOCKED
"""
_LOCKS = tuple(text(_LOCK.format(claimable=IS_CLAIMABLE, others=others)) for others in _OTHERS)
# Asked for in order, so that each is the first entry of a range of the index, whatever the planner knows.
_FIRST = "(SELECT c.id FROM contacts c WHERE c.{claimable} AND {others} ORDER BY c.zones_version LIMIT 1) IS NOT NULL"
_ANY = text("SELECT " + " OR ".join(_FIRST.format(claimable=IS_CLAIMABLE, others=others) for others in _OTHERS))
_WRITE = text(
    """
    UPDATE contacts SET zone = derived.zone, zones_version = :version
    FROM unnest(CAST(:ids AS text[]), CAST(:zones AS text[])) AS derived(id, zone) WHERE contacts.id = derived.id
    """
)


def has_outdated(tx: Connection, version: ZonesVersion) -> bool:
    """Return whether other data than today's gave the zone of an open contact."""
    return bool(tx.execute(_ANY, {"name": version.name, "below": version.below}).scalar_one())


def lock_outdated(tx: Connection, version: ZonesVersion) -> Sequence[RowMapping]:
    """Lock and return a batch of open contacts with what their zone is derived from; none when all are of today."""
    params = {"name": version.name, "below": version.below, "most": BATCH}
    batches = (tx.execute(statement, params).mappings().all() for statement in _LOCKS)
    return next(filter(None, batches), ())


def mark_outdated(tx: Connection, contact_ids: Collection[str]) -> None:
    """Let the zones of these contacts be derived anew."""
    tx.execute(update(contacts).where(contacts.c.id.in_(contact_ids)).values(zones_version=None))


def mark_placed_by_default(tx: Connection, campaign_id: str, zone: str) -> None:
    """Let the zones of a campaign's contacts be derived anew whom a default zone may have placed there."""
    allow(tx, SWEEPING)
    placed = (contacts.c.campaign_id == campaign_id, contacts.c.zone == zone, contacts.c.timezone.is_(None))
    tx.execute(update(contacts).where(*placed, contacts.c.status.in_(OPEN_CONTACTS)).values(zones_version=None))


def write_zones(tx: Connection, zones: Mapping[str, str], version: ZonesVersion) -> None:
    """Write the zones of locked contacts, by contact id."""
    tx.execute(_WRITE, {"ids": list(zones), "zones": list(zones.values()), "version": version.name})


def release(tx: Connection, contact_ids: Sequence[str]) -> None:
    """Let held contacts be looked at again at once."""
    released = change_state(ContactStatus.WAITING, among=(ContactStatus.HELD,)).where(contacts.c.id.in_(contact_ids))
    tx.execute(released.values(reason=None, due_at=func.now()))
