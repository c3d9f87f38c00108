"""Stops all dialing, in every campaign and across restarts, until it is resumed."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.model.campaign_status import STARTED, CampaignStatus
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.call_filters import every_call
from orchestrator.store.sql.dialing_stop import Stop, clear_stop, read_stop, write_stop
from orchestrator.store.sql.engine import statement_by_statement

log = logging.getLogger(__name__)

NO_REASON = "no reason was given"
_RELEASE = ReleaseReason(Reason.DIALING_STOPPED, counts=False, held=False)
_MAY_DIAL = (CampaignStatus.DRAFT, *STARTED)


def stop_dialing(
    *, sql: Engine, client: redis.Redis, keys: Keys, now: datetime, reason: str = NO_REASON, by: str = "api"
) -> int:
    """Stop everything and return how many calls are live; nothing is sent after that, repeats included (R9).

    The first stop holds with its reason; stopping again asks for no change.
    """
    with sql.begin() as tx:
        write_stop(tx, Stop(now, by, reason))
    log.warning("all dialing is stopped")
    return drain_dials(every_call(), _RELEASE, sql=sql, client=client, keys=keys)


def resume_dialing(sql: Engine) -> None:
    """Let dialing go on; running campaigns are dialed again at the next tick."""
    with sql.begin() as tx:
        clear_stop(tx)
    log.warning("dialing goes on")


def find_stop(sql: Engine) -> Stop | None:
    """Return the stop that is in force."""
    with statement_by_statement(sql).connect() as tx:
        return read_stop(tx)


def status_reason_of(campaign: Row[Any], stop: Stop | None) -> dict[str, Any] | None:
    """Return why a campaign does not dial, as {code, detail, at}: its own reason, or the stop of all dialing."""
    if stop is None or campaign.status not in _MAY_DIAL:
        own: dict[str, Any] | None = campaign.status_reason
        return own
    at = format_timestamp(stop.since) if stop.since else None
    return {"code": Reason.DIALING_STOPPED.value, "detail": stop.sentence, "at": at}
