"""Moves campaigns and contacts whose time has come: to running, to expired, to completed (R22)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, func, text, update

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.policy.reasons import Reason
from orchestrator.store.bounded_postgres import allow
from orchestrator.store.bounds import SWEEPING
from orchestrator.store.ended_campaigns import end_batch
from orchestrator.store.gate_facts import hours_of
from orchestrator.store.ledger import database_now
from orchestrator.store.tables import campaigns

_AT_ONCE = 5_000

_EXPIRE = text(
    """
    UPDATE contacts SET status = 'expired', reason = :reason, due_at = NULL, updated_at = now()
    WHERE id IN (
        SELECT c.id FROM contacts c JOIN campaigns g ON g.id = c.campaign_id
        WHERE c.status IN ('waiting', 'held') AND """
)
_LATE = text(_EXPIRE.text + "c.not_after IS NOT NULL AND c.not_after <= now() LIMIT :most FOR UPDATE OF c SKIP LOCKED)")
# A campaign whose end is being put off is left alone.
_OVER = text(
    _EXPIRE.text + "g.status IN ('running', 'paused', 'scheduled') AND g.ends_at <= now() "
    "LIMIT :most FOR UPDATE OF c SKIP LOCKED FOR SHARE OF g SKIP LOCKED)"
)
_HOLD_ZONE = text(
    """
    UPDATE contacts SET status = 'held', reason = :reason, due_at = NULL WHERE id IN (
        SELECT id FROM contacts WHERE campaign_id = :campaign_id AND zone = :zone AND status = 'waiting'
        LIMIT :most FOR UPDATE SKIP LOCKED)
    """
)
_FINISHED = text(
    """
    SELECT g.id FROM campaigns g
    WHERE g.status = 'running' AND g.kind = 'campaign' AND (NOT g.keep_open OR g.ends_at <= now())
      AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.campaign_id = g.id AND i.status = 'running')
      AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status = 'calling')
      AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status IN ('waiting', 'held')
                      AND c.due_at IS NOT NULL)
    FOR UPDATE OF g SKIP LOCKED
    """
)


def complete_campaigns(sql: Engine) -> list[str]:
    """Make every move that is due; return the campaigns that completed."""
    with sql.begin() as connection:
        allow(connection, SWEEPING)
        _start_scheduled(connection)
        connection.execute(_LATE, {"most": _AT_ONCE, "reason": Reason.TOO_LATE.value})
        connection.execute(_OVER, {"most": _AT_ONCE, "reason": Reason.CAMPAIGN_ENDED.value})
        _hold_without_zone(connection)
    with sql.begin() as connection:
        allow(connection, SWEEPING)
        locked = set(connection.execute(_FINISHED).scalars())
        # Once more behind the locks: what was added between that statement's snapshot and its lock is seen only now.
        finished = [ident for ident in connection.execute(_FINISHED).scalars() if ident in locked]
        _complete(connection, finished)
    return finished


def _start_scheduled(connection: Connection) -> None:
    connection.execute(
        update(campaigns)
        .where(campaigns.c.status == "scheduled", campaigns.c.starts_at <= func.now())
        .values(status="running", proving_since=func.now())
    )


def _hold_without_zone(connection: Connection) -> None:
    """Hold contacts nobody can say an hour for, until the contact or the campaign gets a time zone (§7)."""
    now = database_now(connection)
    rows = connection.execute(
        text(
            "SELECT z.campaign_id, z.zone, g.calling_hours::text AS hours FROM campaign_zones z "
            "JOIN campaigns g ON g.id = z.campaign_id WHERE g.status = 'running' AND g.kind = 'campaign'"
        )
    )
    for campaign_id, zone, hours in rows.all():
        if is_zone_unknown(hours_of(hours), zone, now):
            which = {"campaign_id": campaign_id, "zone": zone, "most": _AT_ONCE}
            connection.execute(_HOLD_ZONE, {**which, "reason": Reason.ZONE_UNKNOWN.value})


def _complete(connection: Connection, finished: Sequence[str]) -> None:
    """Complete campaigns, locked by the caller; who is held for ever will not be called any more (R22)."""
    if not finished:
        return
    connection.execute(
        update(campaigns)
        .where(campaigns.c.id.in_(finished))
        .values(status="completed", completed_at=func.now(), status_reason=None)
    )
    for campaign_id in finished:
        end_batch(connection, campaign_id)  # of a huge one, the sweeper ends the rest
