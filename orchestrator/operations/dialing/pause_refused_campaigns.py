"""Pauses the campaigns that the carrier refuses because of our account, and states the reason (R5)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import redis
from sqlalchemy import Engine, RowMapping

from orchestrator.clock import rfc3339
from orchestrator.operations.dialing.release_attempts import ReleaseReason, free_channels, release_attempts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.call_filters import reserved_of_campaigns
from orchestrator.store.sql.campaigns import pause_running_campaigns
from orchestrator.telnyx.answers import Refused

# Caller id malformed, not ours, not verified (response-codes page).
_CALLER_ID_CODES = frozenset({"D35", "D36", "D51"})

log = logging.getLogger(__name__)


def pause_refused_campaigns(
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    row: RowMapping,
    answer: Refused,
    *,
    dialed_at: datetime | None = None,
) -> None:
    """Pause the running campaigns the refusal concerns and release what they had claimed.

    With `dialed_at`, those that were resumed since then stay: the refusal comes again with each late fact of its call,
    and says nothing of what was mended meanwhile.
    """
    with sql.begin() as tx:
        paused = pause_running_campaigns(
            tx,
            caller_id=row["from_number"] if _is_about_caller_id(answer) else None,
            connection_id=row["connection_id"],
            resumed_before=dialed_at,
            status_reason=_status_reason(row, answer),
        )
        release = ReleaseReason(Reason.CARRIER_REFUSED, counts=False, held=False)
        released = release_attempts(tx, reserved_of_campaigns(paused), release)
    free_channels(client, keys, released)
    log.error("campaigns paused: the carrier refused: %s %s", answer.code, answer.title)


def _is_about_caller_id(answer: Refused) -> bool:
    return answer.d_code in _CALLER_ID_CODES or (answer.pointer or "").strip("#/") == "from"


def _status_reason(row: RowMapping, answer: Refused) -> dict[str, Any]:
    detail = " ".join(filter(None, (answer.d_code or answer.code, answer.title, answer.detail)))
    return {"code": "carrier_refused", "detail": detail, "at": rfc3339(row["db_now"])}
