"""The checks of the caller ids: whether one of them may be dialed from, and how often each was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from orchestrator.policy.caller_id import CallerIdUse, PoolInUse, when_a_place_frees
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.caps import us_who_say
from orchestrator.policy.gate.check import Check, Facts
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.gate.limits import Author
from orchestrator.policy.hold_reasons import Reason


def _resting(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001 the table's shape
    rests = facts.caller_ids_closed is Reason.CALLER_ID_RESTING
    return Hold(Reason.CALLER_ID_RESTING, facts.caller_ids_open_at) if rests else None


def _quota(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.caller_ids_closed is Reason.CALLER_ID_QUOTA:
        return Hold(Reason.CALLER_ID_QUOTA, facts.caller_ids_open_at)
    if facts.caller_id_day_limit is None or facts.caller_id_dials_last_day < facts.caller_id_day_limit:
        return None
    return Hold(Reason.CALLER_ID_QUOTA, when_a_place_frees(facts.caller_id_frees_at or now, now))


def _resting_facts(facts: GateFacts, now: datetime) -> Facts:
    pool = facts.pool
    resting = [number for number, use in pool.uses.items() if use.rests(now)] if pool else []
    return {"numbers": len(pool.uses), "resting": [_rest(pool, each) for each in resting]} if pool else {}


def _rest(pool: PoolInUse, number: str) -> Facts:
    return {
        "number": number,
        "resting_until": pool.uses[number].resting_until,
        "because": pool.resting_because.get(number),
    }


def _quota_facts(facts: GateFacts, now: datetime) -> Facts:
    most = facts.caller_id_day_limit
    said_by = [] if most is None else [us_who_say(facts, "per_caller_id_24h", most)]
    if facts.pool is None:
        return {"dials_in_24h": facts.caller_id_dials_last_day, "most": most, "said_by": said_by}
    uses = facts.pool.uses
    full = [_full(number, use, now) for number, use in uses.items() if not use.room]
    return {"numbers": len(uses), **_pool_caps(facts, facts.pool), "full": full}


def _pool_caps(facts: GateFacts, pool: PoolInUse) -> Facts:
    """Return what holds for each number of a pool, and who says it."""
    most = facts.caller_id_day_limit
    by_pool = [Author.POOL.value] if most is None or pool.per_day <= most else []
    by_caps = [us_who_say(facts, "per_caller_id_24h", most)] if most is not None and most <= pool.per_day else []
    per_day = pool.per_day if most is None else min(most, pool.per_day)
    return {"per_day": per_day, "per_day_said_by": [*by_pool, *by_caps], "per_hour": pool.per_hour}


def _full(number: str, use: CallerIdUse, now: datetime) -> dict[str, Any]:
    frees_at = use.opens_at(now)
    return {
        "number": number,
        "dials_in_24h": use.dials_day,
        "dials_in_1h": use.dials_hour,
        "frees_at": frees_at if frees_at > now else None,
    }


CALLER_IDS: Final = (
    Check(Reason.CALLER_ID_RESTING.value, _resting, _resting_facts),
    Check(Reason.CALLER_ID_QUOTA.value, _quota, _quota_facts),
)
