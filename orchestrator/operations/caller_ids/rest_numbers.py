"""Puts numbers of pools to rest that people hardly answer any more, or hang up on at once."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.clock import rfc3339
from orchestrator.policy.caller_id_health import Rest, who_goes_to_rest
from orchestrator.policy.caller_id_pool import Health
from orchestrator.store.doubt import is_really_away
from orchestrator.store.sql.caller_id_health import calls_of, pools_in_use, put_to_rest
from orchestrator.store.sql.dial_ledger import database_now

log = logging.getLogger(__name__)


def rest_numbers(sql: Engine) -> dict[str, datetime]:
    """Put the numbers to rest that the pools in use say should, and return until when. Safe to run twice at once.

    A rest ends by itself; who rests already rests no longer for it.
    """
    with sql.connect() as tx:
        pools = pools_in_use(tx)
    rested: dict[str, datetime] = {}
    for pool in pools:
        try:
            rested |= _rest_numbers_of(pool, sql)
        except Exception as err:
            if is_really_away(err, sql):
                raise
            log.exception("the numbers of pool %s are not looked at for the moment", pool.id)  # those of the others are
    return rested


def _rest_numbers_of(pool: Row[Any], sql: Engine) -> dict[str, datetime]:
    with sql.begin() as tx:
        calls = calls_of(tx, [each["number"] for each in pool.numbers])
        rests = who_goes_to_rest(calls, Health.model_validate(pool.health))
        now = database_now(tx)
        figures = {number: _figures(rest, now) for number, rest in rests.items()}
        rested = put_to_rest(tx, figures, rest_s=pool.rest_s)
    for number in rested:
        log.warning("a caller id of %s rests: %s", pool.id, rests[number].detail)
    return rested


def _figures(rest: Rest, now: datetime) -> dict[str, Any]:
    return {
        "code": rest.cause.value,
        "detail": rest.detail,
        "calls": rest.of.calls,
        "answer_rate": round(rest.of.answer_rate, 4),
        "pool_median": round(rest.pool_median, 4),
        "short_call_share": round(rest.of.short_call_share, 4),
        "at": rfc3339(now),
    }
