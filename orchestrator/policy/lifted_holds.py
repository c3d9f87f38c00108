"""A hold of a cap or a rest that a person has lifted, for one more call to a number."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.policy.because import Because
from orchestrator.policy.hold_reasons import Reason

Liftable = Literal[
    "number_gap",
    "rest_after_human",
    "rest_after_abandoned",
    "number_day_limit",
    "number_week_limit",
    "subject_day_limit",
]
LIFTABLE: Final = frozenset(map(Reason, get_args(Liftable)))
"""What a person may lift, as far as the installation and the campaign say it: never what the law says."""

LIFTED_FOR: Final = timedelta(days=7)
"""How long a lifted hold waits for its call: the longest window of the caps."""


class NewLift(BaseModel):
    """Which holds of a contact to lift, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holds: list[Liftable] = Field(min_length=1, max_length=len(LIFTABLE))
    because: Because


class Lift(NamedTuple):
    """Holds that a person has lifted and that no call has been made upon yet."""

    holds: frozenset[Reason]
    by: str
    because: str
    at: datetime


@lru_cache(maxsize=1024)
def stored_lifts(stored: str | None) -> tuple[Lift, ...]:
    """Return lifts from their JSON text, the newest first."""
    return tuple(
        Lift(frozenset(map(Reason, each["holds"])), each["by"], each["because"], datetime.fromisoformat(each["at"]))
        for each in json.loads(stored or "[]")
    )


def lifted_by(lifts: Collection[Lift]) -> frozenset[Reason]:
    """Return all the holds that these lift."""
    return frozenset().union(*(lift.holds for lift in lifts))
