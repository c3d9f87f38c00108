"""Pauses what the carrier refuses because of our account, and says why; no contact is burnt (R5)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import redis
from sqlalchemy import ColumnElement, Engine, RowMapping, or_, true, update

from orchestrator.clock import rfc3339
from orchestrator.operations.dialing.release_attempts import ReleaseReason, free_channels, withdraw
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.tables import calls, campaigns
from orchestrator.telnyx.answers import Refused

# Caller id malformed, not ours, not verified (response-codes page).
_CALLER_ID_CODES = frozenset({"D35", "D36", "D51"})

log = logging.getLogger(__name__)


def refuse_campaigns(
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    row: RowMapping,
    answer: Refused,
    *,
    dialed_at: datetime | None = None,
) -> None:
    """Pause the running campaigns the refusal concerns and withdraw what they had claimed.

    With `dialed_at`, those that were resumed since then stay: the refusal comes again with each late fact of its call,
    and says nothing of what was mended meanwhile.
    """
    with sql.begin() as tx:
        paused = tx.execute(
            update(campaigns)
            .where(campaigns.c.status == "running", campaigns.c.kind == "campaign")
            .where(_concerned(row, answer), _went_on_before(dialed_at))
            .values(status="paused", status_reason=_reason(row, answer))
            .returning(campaigns.c.id)
        ).scalars()
        concerned = calls.c.campaign_id.in_(list(paused)) & (calls.c.state == "reserved")
        withdrawn = withdraw(tx, concerned, ReleaseReason(Reason.CARRIER_REFUSED, counts=False, held=False))
    free_channels(client, keys, withdrawn)
    log.error("campaigns paused: the carrier refused: %s %s", answer.code, answer.title)


def _concerned(row: RowMapping, answer: Refused) -> ColumnElement[bool]:
    if answer.d_code in _CALLER_ID_CODES or (answer.pointer or "").strip("#/") == "from":
        return campaigns.c.caller_ids.contains([row["from_number"]])
    same: ColumnElement[bool] = campaigns.c.connection_id == row["connection_id"]
    return same


def _went_on_before(dialed_at: datetime | None) -> ColumnElement[bool]:
    if dialed_at is None:
        return true()
    return or_(campaigns.c.proving_since.is_(None), campaigns.c.proving_since <= dialed_at)


def _reason(row: RowMapping, answer: Refused) -> dict[str, Any]:
    detail = " ".join(filter(None, (answer.d_code or answer.code, answer.title, answer.detail)))
    return {"code": "carrier_refused", "detail": detail, "at": rfc3339(row["db_now"])}
