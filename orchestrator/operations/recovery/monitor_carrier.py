"""Watches the way to the carrier and back: reopens dispatch, compares clocks, asks whether webhooks come in."""

from __future__ import annotations

import logging
from typing import Any

import redis
from sqlalchemy import Connection, Engine, text, update

from orchestrator.clock import rfc3339
from orchestrator.errors import CarrierRefused, OrchestratorError
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.dialing.release_attempts import ReleaseReason, free_channels, withdraw
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import close_dispatch, open_dispatch, read_health
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import calls, campaigns
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

MOST_SKEW_S = 60.0
SKEW = "clock_skew"
UNHEARD_FOR_S = 20

_UNPROVEN = text(
    f"""
    SELECT g.id, g.proving_since,
        (SELECT count(*) FROM (SELECT 1 FROM calls k WHERE k.campaign_id = g.id AND k.reserved_at >= g.proving_since
            AND k.accepted_at < clock_timestamp() - make_interval(secs => :patience)
            ORDER BY k.reserved_at LIMIT 5) a) AS accepted
    FROM campaigns g WHERE g.status = '{CampaignStatus.RUNNING}' AND g.kind = 'campaign' AND NOT g.heard_webhooks
        AND g.connection_id = :connection_id AND g.proving_since IS NOT NULL FOR UPDATE OF g SKIP LOCKED
    """  # noqa: S608 a state of ours
)


def reopen_dispatch(client: redis.Redis, keys: Keys, carrier: TelnyxClient, *, connection_id: str) -> None:
    """Open dispatch again once the carrier answers; it was closed by failures in a row, or by a clock."""
    if read_health(client, keys, connection_id).closed and _answers(carrier) and not _is_skewed(carrier):
        open_dispatch(client, keys, connection_id)
        log.info("dispatch opened: the carrier answers")


def compare_clocks(client: redis.Redis, keys: Keys, carrier: TelnyxClient, *, connection_id: str) -> None:
    """Close dispatch while the carrier's clock and ours differ by over a minute (R25)."""
    if _answers(carrier) and _is_skewed(carrier):
        close_dispatch(client, keys, connection_id, reason=SKEW)
        log.error("dispatch closed: our clock and the carrier's differ by %.0f s", carrier.skew_s or 0.0)


def watch_webhooks(
    sql: Engine, client: redis.Redis, keys: Keys, *, connection_id: str, patience_s: float = UNHEARD_FOR_S
) -> list[str]:
    """Note the campaigns whose webhooks arrive; pause those that hear nothing after five accepted dials (§7)."""
    heard_ms = read_health(client, keys, connection_id).heard_ms
    with sql.begin() as tx:
        params = {"connection_id": connection_id, "patience": patience_s}
        rows = tx.execute(_UNPROVEN, params).all()
        heard = [row.id for row in rows if heard_ms > row.proving_since.timestamp() * 1000]
        tx.execute(update(campaigns).where(campaigns.c.id.in_(heard)).values(heard_webhooks=True))
        deaf = [row.id for row in rows if row.id not in heard and row.accepted >= 5]
        withdrawn = _pause(tx, deaf)
    free_channels(client, keys, withdrawn)
    return deaf


def _pause(tx: Connection, campaign_ids: list[str]) -> list[Any]:
    if not campaign_ids:
        return []
    reason = {
        "code": "no_webhooks",
        "detail": "Five dials were accepted and no webhook came in: check ORCHESTRATOR_PUBLIC_URL with `doctor`.",
        "at": rfc3339(database_now(tx)),
    }
    log.error("campaigns paused: no webhooks arrive")
    paused = change_state(CampaignStatus.PAUSED, among=(CampaignStatus.RUNNING,))
    tx.execute(paused.where(campaigns.c.id.in_(campaign_ids)).values(status_reason=reason))
    claimed = calls.c.campaign_id.in_(campaign_ids) & (calls.c.state == AttemptState.RESERVED)
    return withdraw(tx, claimed, ReleaseReason(Reason.CAMPAIGN_PAUSED, counts=False, held=False))


def _answers(carrier: TelnyxClient) -> bool:
    try:
        carrier.ping()
    except CarrierRefused as err:
        log.warning("the carrier refuses our question: %s", err)  # it answers; what it refuses, a dial will say
    except OrchestratorError as err:
        log.warning("the carrier is away: %s", err)
        return False
    return True


def _is_skewed(carrier: TelnyxClient) -> bool:
    return carrier.skew_s is not None and abs(carrier.skew_s) > MOST_SKEW_S
