"""The query of the dispatcher's tick: the state of its connection and the campaigns that may dial on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.store.sql.dial_ledger import NOT_TAKEN
from orchestrator.store.sql.first_calls import first_calls
from orchestrator.store.sql.hours_in_force import hours_in_force

# One statement for the whole tick: a round trip each would cost more than what it asks.
_TICK = text(
    f"""
    SELECT i.dialing_stopped IS NOT NULL AS stopped, i.epoch, n.calls_per_second, n.max_live_calls,
        r.queued, r.forgotten, clock_timestamp() AS db_now,
        g.id, g.kind, g.pacing, {hours_in_force("g")} AS calling_hours, g.heard_webhooks, g.proving_since,
        {first_calls("g")} AS first_calls
    FROM installation i JOIN connections n ON n.id = :connection_id
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE connection_id = n.id) AS queued,
                coalesce(bool_or({NOT_TAKEN}), false) AS forgotten
            FROM calls WHERE state = '{AttemptState.RESERVED}') r
        LEFT JOIN campaigns g ON g.status = '{CampaignStatus.RUNNING}' AND g.connection_id = n.id
            AND (g.starts_at IS NULL OR g.starts_at <= now())
    ORDER BY g.kind DESC, g.id
    """  # noqa: S608 built from constants
)


@dataclass(frozen=True)
class DispatchState:
    """The stop, epoch, limits, queue length and time of the database, and the running campaigns of a connection.

    `has_forgotten` says that an attempt stands `reserved` which nobody has taken for too long; single calls come first
    among the campaigns, each with the dials of one that has not heard a webhook yet.
    """

    stopped: bool
    epoch: str | None
    calls_per_second: float
    max_live_calls: int
    queued: int
    has_forgotten: bool
    db_now: datetime
    campaigns: Sequence[RowMapping]


def read_dispatch_state(tx: Connection, connection_id: str, *, forgotten_after_s: int) -> DispatchState | None:
    """Return what a dispatcher must know at a tick; None in a new installation."""
    params = {"connection_id": connection_id, "older_than_s": forgotten_after_s}
    rows = tx.execute(_TICK, params).mappings().all()
    if not rows:
        return None
    first, campaigns = rows[0], [row for row in rows if row["id"] is not None]
    return DispatchState(
        first["stopped"],
        first["epoch"],
        first["calls_per_second"],
        first["max_live_calls"],
        first["queued"],
        first["forgotten"],
        first["db_now"],
        campaigns,
    )
