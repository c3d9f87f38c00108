"""Refuses to let a campaign run that a guard would pause at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Row

from orchestrator.errors import Conflict
from orchestrator.policy.guards.judge import ABANDON_DAYS, State, judge_lasting
from orchestrator.policy.guards.rules import Guard
from orchestrator.store.sql.guard_counts import count_lasting

_REMEDIES: Final = {
    Guard.ABANDON: (
        f"It can be resumed when days of many abandoned calls are older than {ABANDON_DAYS} days, "
        "or with laxer guards.abandon and its because."
    ),
    Guard.SPEND: "Raise spend, or wait for the next day (UTC) where the day's limit is reached.",
}


def check_guards(tx: Connection, campaign: Row[Any], call_estimate: Decimal) -> None:
    """Raise Conflict with the code of a guard that would pause the campaign at once."""
    guarded = count_lasting(tx, campaign.id, next_call=call_estimate)
    for reading in judge_lasting(guarded.guards, guarded.spend, guarded.counts):
        if reading.state is State.PAUSE:
            raise Conflict(reading.guard.code, f"{reading.detail} {_REMEDIES[reading.guard]}", status=campaign.status)
