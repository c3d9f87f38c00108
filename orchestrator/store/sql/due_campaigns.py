"""Queries on what time alone brings about in campaigns: contacts that expire or are held, campaigns that are finished.

The moves of contacts are made in batches: none locks many contacts at once, or blocks others for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.hours_in_force import hours_in_force
from orchestrator.store.sql.state_changes import sources_of
from orchestrator.store.sql.state_lists import IS_CLAIMABLE, one_of

BATCH = 200  # contacts moved by one statement

_MAY_EXPIRE = f"status IN {sources_of(ContactStatus.EXPIRED, among=CLAIMABLE)}"
_EXPIRE = f"""
    UPDATE contacts SET status = '{ContactStatus.EXPIRED}', reason = :reason, due_at = NULL, updated_at = now()
    WHERE id IN (
        SELECT id FROM contacts WHERE {_MAY_EXPIRE} AND {{which}} LIMIT :most FOR UPDATE SKIP LOCKED)
"""  # noqa: S608 built from constants
_PASSED = "not_after IS NOT NULL AND not_after <= now()"
IS_LATE = f"{_MAY_EXPIRE} AND {_PASSED}"
_LATE = text(_EXPIRE.format(which=_PASSED))
_BEGUN = (CampaignStatus.RUNNING, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED)
IS_OVER = f"status IN {one_of(_BEGUN)} AND ends_at <= now()"
_OVER = text(f"SELECT id FROM campaigns WHERE {IS_OVER} ORDER BY id")  # noqa: S608 a constant
# A campaign whose end is being put off is left alone.
_THIS_ONE = f"(SELECT id FROM campaigns WHERE id = :campaign_id AND {IS_OVER} FOR SHARE SKIP LOCKED)"  # noqa: S608
_OF_CAMPAIGN = text(_EXPIRE.format(which=f"campaign_id = {_THIS_ONE}"))
_ZONES = text(
    f"SELECT z.campaign_id, z.zone, {hours_in_force('g')} AS hours FROM campaign_zones z "  # noqa: S608 a state
    f"JOIN campaigns g ON g.id = z.campaign_id WHERE g.status = '{CampaignStatus.RUNNING}' AND g.kind = 'campaign'"
)
_WITH_WAITING = text(
    f"""
    SELECT z.campaign_id, z.zone FROM unnest(CAST(:campaigns AS text[]), CAST(:zones AS text[])) AS z(campaign_id, zone)
    WHERE (SELECT 1 FROM contacts c WHERE c.campaign_id = z.campaign_id AND c.zone = z.zone
           AND c.status = '{ContactStatus.WAITING}' LIMIT 1) = 1
    """  # noqa: S608 built from constants
)
# Only by hours that are still in force: a change of the hours has released the held contacts already, and would not
# release these.
_MAY_BE_HELD = f"status IN {sources_of(ContactStatus.HELD, among=(ContactStatus.WAITING,))}"
_HOLD_ZONE = text(
    f"""
    UPDATE contacts SET status = '{ContactStatus.HELD}', reason = :reason, due_at = NULL WHERE id IN (
        SELECT id FROM contacts WHERE zone = :zone AND {_MAY_BE_HELD} AND campaign_id = (
            SELECT g.id FROM campaigns g WHERE g.id = :campaign_id AND {hours_in_force("g")} = :hours
            FOR SHARE SKIP LOCKED)
        LIMIT :most FOR UPDATE SKIP LOCKED)
    """  # noqa: S608 built from constants
)
# The next import of a registry ends the wait for it, and a person that of who was restored: a campaign stays open for
# these, as it does for a time.
_ENDS_BY_A_PERSON = (Reason.LIST_STALE, Reason.RESTORED)
# One probe for each campaign, also where millions are held for ever; NOT EXISTS would be joined with all contacts.
_FINISHED = text(
    f"""
    SELECT g.id FROM campaigns g
    WHERE g.status = '{CampaignStatus.RUNNING}' AND g.kind = 'campaign' AND (NOT g.keep_open OR g.ends_at <= now())
      AND (SELECT 1 FROM imports i WHERE i.campaign_id = g.id AND i.status = 'running' LIMIT 1) IS NULL
      AND (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status = '{ContactStatus.CALLING}'
           LIMIT 1) IS NULL
      AND (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.{IS_CLAIMABLE}
           AND c.due_at IS NOT NULL LIMIT 1) IS NULL
      AND (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status = '{ContactStatus.HELD}'
           AND c.reason IN {one_of(_ENDS_BY_A_PERSON)} LIMIT 1) IS NULL
      AND (SELECT 1 FROM bulk_changes b WHERE b.campaign_id = g.id AND b.status = 'running' LIMIT 1) IS NULL
    FOR UPDATE OF g SKIP LOCKED
    """  # noqa: S608 built from constants
)


def expire_late_contacts(tx: Connection) -> int:
    """Expire up to a batch of the contacts whose `not_after` has passed; return how many."""
    return tx.execute(_LATE, {"most": BATCH, "reason": Reason.TOO_LATE.value}).rowcount


def campaigns_past_their_end(tx: Connection) -> Sequence[str]:
    """Return the campaigns whose `ends_at` has passed and that have not ended."""
    return tx.execute(_OVER).scalars().all()


def expire_contacts_of(tx: Connection, campaign_id: str) -> int:
    """Expire up to a batch of the contacts of a campaign whose `ends_at` has passed; return how many."""
    params = {"campaign_id": campaign_id, "most": BATCH, "reason": Reason.CAMPAIGN_ENDED.value}
    return tx.execute(_OF_CAMPAIGN, params).rowcount


def zones_of_running_campaigns(tx: Connection) -> Sequence[Row[Any]]:
    """Return campaign, zone and calling hours (JSON text) for each zone of each running campaign."""
    return tx.execute(_ZONES).all()


def zones_with_waiting_contacts(tx: Connection, zones: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Return campaign and zone of those of these rows in which a contact waits."""
    params = {"campaigns": [row.campaign_id for row in zones], "zones": [row.zone for row in zones]}
    return tx.execute(_WITH_WAITING, params).all() if zones else []


def hold_zone(tx: Connection, campaign_id: str, zone: str, *, hours: str) -> int:
    """Hold up to a batch of the contacts that wait in a zone of unknown local time; return how many.

    `hours` are the campaign's calling hours (JSON text) that were judged: no contact is held if they have changed.
    """
    params = {"campaign_id": campaign_id, "zone": zone, "hours": hours}
    return tx.execute(_HOLD_ZONE, {**params, "most": BATCH, "reason": Reason.ZONE_UNKNOWN.value}).rowcount


def lock_finished(tx: Connection) -> list[str]:
    """Lock the running campaigns in which no contact is left to call, and return their ids."""
    locked = set(tx.execute(_FINISHED).scalars())
    # Once more behind the locks: what was added between that statement's snapshot and its lock is seen only now.
    return [ident for ident in tx.execute(_FINISHED).scalars() if ident in locked]
