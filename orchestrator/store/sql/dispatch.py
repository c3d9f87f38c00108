"""Queries of the dispatcher's tick: the state of its connection and the campaigns that may dial on it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.store.sql.state_lists import one_of

_NOT_YET_ACCEPTED = one_of((AttemptState.RESERVED, AttemptState.DIALING, AttemptState.UNKNOWN))
_CAMPAIGNS = text(
    f"""
    SELECT id, kind, pacing, calling_hours::text AS calling_hours, heard_webhooks, proving_since,
        CASE WHEN heard_webhooks OR kind = 'direct' THEN 0 ELSE
            (SELECT count(*) FROM (SELECT 1 FROM calls k WHERE k.campaign_id = g.id AND k.reserved_at >= g.proving_since
             AND (k.state IN {_NOT_YET_ACCEPTED} OR k.accepted_at IS NOT NULL)
             ORDER BY k.reserved_at LIMIT 5) f)
            END AS first_calls
    FROM campaigns g WHERE status = '{CampaignStatus.RUNNING}' AND connection_id = :connection_id
        AND (starts_at IS NULL OR starts_at <= now())
    ORDER BY kind DESC, id
    """  # noqa: S608 built from constants
)
_STATE = text(
    f"""
    SELECT i.dialing_stopped IS NOT NULL AS stopped, i.epoch, n.calls_per_second, n.max_live_calls,
           (SELECT count(*) FROM calls WHERE state = '{AttemptState.RESERVED}' AND connection_id = n.id) AS queued,
           clock_timestamp() AS db_now
    FROM installation i JOIN connections n ON n.id = :connection_id
    """  # noqa: S608 built from constants
)


def read_dispatch_state(tx: Connection, connection_id: str) -> RowMapping | None:
    """Return the stop, epoch, limits, queue length and time of the database; None in a new installation."""
    return tx.execute(_STATE, {"connection_id": connection_id}).mappings().one_or_none()


def list_dispatched_campaigns(tx: Connection, connection_id: str) -> Sequence[RowMapping]:
    """Return the running campaigns of a connection, single calls first, with the dials of unproven ones."""
    return tx.execute(_CAMPAIGNS, {"connection_id": connection_id}).mappings().all()
