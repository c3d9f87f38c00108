"""Monitors the carrier: reopens dispatch, compares clocks, and checks that webhooks arrive."""

from __future__ import annotations

import logging

import redis
from sqlalchemy import Connection, Engine

from orchestrator.clock import rfc3339, utc_now
from orchestrator.errors import CarrierRefused, OrchestratorError
from orchestrator.operations.dialing.release_attempts import (
    ReleasedAttempt,
    ReleaseReason,
    free_channels,
    release_attempts,
)
from orchestrator.policy.first_calls import FIRST_CALLS, is_heard_since
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import close_dispatch, open_dispatch, read_health
from orchestrator.store.sql.call_filters import reserved_of_campaigns
from orchestrator.store.sql.campaigns import lock_unproven_campaigns, mark_webhooks_received, pause_campaigns
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

MOST_SKEW_S = 60.0
SKEW = "clock_skew"
UNHEARD_FOR_S = 20


def reopen_dispatch(sql: Engine, client: redis.Redis, keys: Keys, carrier: TelnyxClient, *, connection_id: str) -> None:
    """Open dispatch again once the carrier answers; it was closed by failures in a row, or by a clock."""
    is_closed = read_health(client, keys, connection_id).closed
    if is_closed and _answers(carrier) and not _clocks_off(sql, client, carrier):
        open_dispatch(client, keys, connection_id)
        log.info("dispatch opened: the carrier answers")


def compare_clocks(sql: Engine, client: redis.Redis, keys: Keys, carrier: TelnyxClient, *, connection_id: str) -> None:
    """Close dispatch while the carrier's clock and one of ours differ by over a minute (R25).

    Ours are this machine's, by which webhooks are verified, the database's, by which calling hours are judged, and
    that of Redis, by which timers are due.
    """
    if _answers(carrier) and (off := _clocks_off(sql, client, carrier)):
        close_dispatch(client, keys, connection_id, reason=SKEW)
        told = ", ".join(f"{whose} is {seconds:+.0f} s off" for whose, seconds in off.items())
        log.error("dispatch closed: by the carrier's clock %s", told)


def watch_webhooks(
    sql: Engine, client: redis.Redis, keys: Keys, *, connection_id: str, patience_s: float = UNHEARD_FOR_S
) -> list[str]:
    """Note the campaigns whose webhooks arrive; pause those that receive none after five accepted dials (§7)."""
    last_webhook_ms = read_health(client, keys, connection_id).last_webhook_ms
    with sql.begin() as tx:
        rows = lock_unproven_campaigns(tx, connection_id, patience_s=patience_s)
        proven = [row.id for row in rows if is_heard_since(row.proving_since, last_webhook_ms=last_webhook_ms)]
        mark_webhooks_received(tx, proven)
        silent = [row.id for row in rows if row.id not in proven and row.accepted >= FIRST_CALLS]
        released = _pause(tx, silent)
    free_channels(client, keys, released)
    return silent


def _pause(tx: Connection, campaign_ids: list[str]) -> list[ReleasedAttempt]:
    if not campaign_ids:
        return []
    reason = {
        "code": "no_webhooks",
        "detail": "Five dials were accepted and no webhook came in: check ORCHESTRATOR_PUBLIC_URL with `doctor`.",
        "at": rfc3339(database_now(tx)),
    }
    log.error("campaigns paused: no webhooks arrive")
    pause_campaigns(tx, campaign_ids, reason)
    return release_attempts(
        tx, reserved_of_campaigns(campaign_ids), ReleaseReason(Reason.CAMPAIGN_PAUSED, counts=False, held=False)
    )


def _answers(carrier: TelnyxClient) -> bool:
    try:
        carrier.ping()
    except CarrierRefused as err:
        log.warning("the carrier refuses the ping: %s", err)  # it answers; a dial will say what it refuses
    except OrchestratorError as err:
        log.warning("the carrier is away: %s", err)
        return False
    return True


def _clocks_off(sql: Engine, client: redis.Redis, carrier: TelnyxClient) -> dict[str, float]:
    """Return those of our clocks that are too far from the carrier's, and by how many seconds each is ahead of it."""
    if carrier.skew_s is None:
        return {}
    seconds, micros = client.time()
    ahead = {"this machine": 0.0, "Redis": seconds + micros / 1e6 - utc_now().timestamp()}
    with sql.connect() as tx:
        ahead["PostgreSQL"] = (database_now(tx) - utc_now()).total_seconds()
    off = {whose: ahead_s - carrier.skew_s for whose, ahead_s in ahead.items()}
    return {whose: off_s for whose, off_s in off.items() if abs(off_s) > MOST_SKEW_S}
