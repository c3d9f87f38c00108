"""Moves campaigns and contacts whose time has come: to running, to expired, to completed (R22)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, TextClause, func, text, update

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.dial_checks import hours_of
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.ended_campaigns import end_batch
from orchestrator.store.sql.tables import campaigns

_BATCH, _BATCHES_AT_ONCE = 200, 25

_EXPIRE = """
    UPDATE contacts SET status = 'expired', reason = :reason, due_at = NULL, updated_at = now() WHERE id IN (
        SELECT id FROM contacts WHERE status IN ('waiting', 'held') AND {which} LIMIT :most FOR UPDATE SKIP LOCKED)
"""
_LATE = text(_EXPIRE.format(which="not_after IS NOT NULL AND not_after <= now()"))
_IS_OVER = "status IN ('running', 'paused', 'scheduled') AND ends_at <= now()"
_ENDING = text(f"SELECT id FROM campaigns WHERE {_IS_OVER} ORDER BY id")  # noqa: S608 a constant of ours
# A campaign whose end is being put off is left alone.
_THIS_ONE = f"(SELECT id FROM campaigns WHERE id = :campaign_id AND {_IS_OVER} FOR SHARE SKIP LOCKED)"  # noqa: S608
_OVER = text(_EXPIRE.format(which=f"campaign_id = {_THIS_ONE}"))
_ZONES = text(
    "SELECT z.campaign_id, z.zone, g.calling_hours::text AS hours FROM campaign_zones z "
    "JOIN campaigns g ON g.id = z.campaign_id WHERE g.status = 'running' AND g.kind = 'campaign'"
)
_WITH_SOMEBODY = text(
    """
    SELECT z.campaign_id, z.zone FROM unnest(CAST(:campaigns AS text[]), CAST(:zones AS text[])) AS z(campaign_id, zone)
    WHERE (SELECT 1 FROM contacts c WHERE c.campaign_id = z.campaign_id AND c.zone = z.zone AND c.status = 'waiting'
           LIMIT 1) = 1
    """
)
# By hours that hold yet: who changes them has let the held ones go already, and would not come back for these.
_HOLD_ZONE = text(
    """
    UPDATE contacts SET status = 'held', reason = :reason, due_at = NULL WHERE id IN (
        SELECT id FROM contacts WHERE zone = :zone AND status = 'waiting' AND campaign_id = (
            SELECT id FROM campaigns WHERE id = :campaign_id AND calling_hours = CAST(:hours AS jsonb)
            FOR SHARE SKIP LOCKED)
        LIMIT :most FOR UPDATE SKIP LOCKED)
    """
)
# One probe for each campaign, also where millions are held for ever; NOT EXISTS would be joined with all contacts.
_FINISHED = text(
    """
    SELECT g.id FROM campaigns g
    WHERE g.status = 'running' AND g.kind = 'campaign' AND (NOT g.keep_open OR g.ends_at <= now())
      AND (SELECT 1 FROM imports i WHERE i.campaign_id = g.id AND i.status = 'running' LIMIT 1) IS NULL
      AND (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status = 'calling' LIMIT 1) IS NULL
      AND (SELECT 1 FROM contacts c WHERE c.campaign_id = g.id AND c.status IN ('waiting', 'held')
           AND c.due_at IS NOT NULL LIMIT 1) IS NULL
    FOR UPDATE OF g SKIP LOCKED
    """
)


def complete_campaigns(sql: Engine) -> list[str]:
    """Make the moves that are due, of millions some thousands at a time; return the campaigns that completed."""
    with sql.begin() as tx:
        _start_scheduled(tx)
        ending = tx.execute(_ENDING).scalars().all()
        zoneless = _zoneless(tx)
    _in_batches(sql, _LATE, reason=Reason.TOO_LATE)
    for campaign_id in ending:
        _in_batches(sql, _OVER, reason=Reason.CAMPAIGN_ENDED, campaign_id=campaign_id)
    for which in zoneless:
        _in_batches(sql, _HOLD_ZONE, reason=Reason.ZONE_UNKNOWN, **which)
    with sql.begin() as tx:
        finished = _finished(tx)
        _complete(tx, finished)
    return finished


def _in_batches(sql: Engine, statement: TextClause, *, reason: Reason, **which: str) -> None:
    """Make a move batch by batch, each on its own: none holds many contacts locked, or holds anybody up."""
    for _ in range(_BATCHES_AT_ONCE):
        with sql.begin() as tx:
            moved = tx.execute(statement, {"most": _BATCH, "reason": reason.value, **which}).rowcount
        if moved < _BATCH:
            return


def _start_scheduled(tx: Connection) -> None:
    tx.execute(
        update(campaigns)
        .where(campaigns.c.status == "scheduled", campaigns.c.starts_at <= func.now())
        .values(status="running", proving_since=func.now())
    )


def _zoneless(tx: Connection) -> list[dict[str, str]]:
    """Return campaign, its hours and zone of contacts that wait and nobody can say an hour for.

    They are held until the contact or the campaign gets a time zone (§7).
    """
    now = database_now(tx)
    rows = tx.execute(_ZONES).all()
    unknown = [row for row in rows if is_zone_unknown(hours_of(row.hours), row.zone, now)]
    hours = {row.campaign_id: row.hours for row in unknown}
    params = {"campaigns": [row.campaign_id for row in unknown], "zones": [row.zone for row in unknown]}
    found = tx.execute(_WITH_SOMEBODY, params).all() if unknown else []
    return [{"campaign_id": row.campaign_id, "zone": row.zone, "hours": hours[row.campaign_id]} for row in found]


def _finished(tx: Connection) -> list[str]:
    locked = set(tx.execute(_FINISHED).scalars())
    # Once more behind the locks: what was added between that statement's snapshot and its lock is seen only now.
    return [ident for ident in tx.execute(_FINISHED).scalars() if ident in locked]


def _complete(tx: Connection, finished: Sequence[str]) -> None:
    """Complete campaigns, locked by the caller; who is held for ever will not be called any more (R22)."""
    if not finished:
        return
    tx.execute(
        update(campaigns)
        .where(campaigns.c.id.in_(finished))
        .values(status="completed", completed_at=func.now(), status_reason=None)
    )
    for campaign_id in finished:
        end_batch(tx, campaign_id)  # of a huge one, the sweeper ends the rest
