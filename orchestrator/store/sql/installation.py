"""Queries on the installation as a whole: whether PostgreSQL answers, which Redis it belongs to, and its gauges."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from orchestrator.model.campaign_status import FINAL_CAMPAIGN, CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE
from orchestrator.model.metric import Metric
from orchestrator.store.sql.hours_in_force import hours_in_force
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import MAY_LIVE
from orchestrator.store.sql.tallies import Tally

_REBUILD_LOCK = 7_201_339
_WRITE_EPOCH = text(
    "INSERT INTO installation (id, epoch) VALUES (1, :epoch) ON CONFLICT (id) DO UPDATE SET epoch = :epoch"
)
_COUNTS = {
    Metric.CALLS_OPEN: f"SELECT state, count(*) FROM calls WHERE {MAY_LIVE} GROUP BY 1",  # noqa: S608 a constant
    Metric.CAMPAIGNS: "SELECT status, count(*) FROM campaigns "  # noqa: S608 built from constants
    f"WHERE kind = 'campaign' AND status NOT IN {one_of(FINAL_CAMPAIGN)} GROUP BY 1",
    Metric.CAMPAIGNS_GUARDED: "SELECT substr(status_reason->>'code', 7), count(*) FROM campaigns "  # noqa: S608 a state
    f"WHERE status = '{CampaignStatus.PAUSED}' AND status_reason->>'code' LIKE 'guard\\_%' GROUP BY 1",
    Metric.DIALING_STOPPED: "SELECT '', count(*) FROM installation WHERE dialing_stopped IS NOT NULL",
    Metric.RECORDINGS_PENDING: "SELECT '', count(*) FROM recordings WHERE state = 'pending'",
}
_OPEN_CONTACTS = text(
    f"""
    SELECT {hours_in_force("g")}, t.parts, sum(t.n)::bigint FROM campaigns g CROSS JOIN LATERAL (
        SELECT parts, n FROM tallies WHERE campaign_id = g.id AND subject = 'contacts' UNION ALL
        SELECT parts, n FROM tally_changes WHERE campaign_id = g.id AND subject = 'contacts') t
    WHERE g.status NOT IN {one_of(FINAL_CAMPAIGN)} AND t.parts[1] IN {one_of(CLAIMABLE)}
    GROUP BY 1, 2 HAVING sum(t.n) > 0
    """  # noqa: S608 built from constants
)


def ping(tx: Connection) -> None:
    """Ask PostgreSQL for an answer; raise SQLAlchemyError where it gives none."""
    tx.execute(text("SELECT 1"))


def try_lock_rebuild(tx: Connection) -> bool:
    """Take the lock of the one process that rebuilds Redis until the transaction ends; False if another has it."""
    return bool(tx.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _REBUILD_LOCK}).scalar_one())


def write_epoch(tx: Connection, epoch: str) -> None:
    """Write the id that this database shares with its Redis from now on."""
    tx.execute(_WRITE_EPOCH, {"epoch": epoch})


def read_epoch(tx: Connection) -> str | None:
    """Return the id that this database shares with its Redis; None before the engine has run for the first time."""
    epoch: str | None = tx.execute(text("SELECT epoch FROM installation")).scalar()
    return epoch


def count_gauges(tx: Connection) -> Mapping[Metric, list[tuple[str, int]]]:
    """Return (label, count) rows for each metric that is a count of few rows."""
    return {metric: [(label, n) for label, n in tx.execute(text(query))] for metric, query in _COUNTS.items()}


def count_open_contacts(tx: Connection) -> list[tuple[str, Tally]]:
    """Return, for all campaigns under way, how many contacts wait or are held: (calling hours as JSON text, count)."""
    return [(hours, Tally(parts, n)) for hours, parts, n in tx.execute(_OPEN_CONTACTS)]
