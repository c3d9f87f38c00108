"""What is said of a campaign before it is started: what forbids its start, what to look at, and how long it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from orchestrator.policy.guards.budget import DEFAULT_CURRENCY, Spend
from orchestrator.policy.purposes import Purpose

DIALS_PER_CALLER_ID = 75
"""Dials of one caller id in 24 h above which carriers label numbers: a house default, no law."""
ASSUMED_CALL_S = 40.0  # where no call has been made yet: it rings for 20 s, and a message takes as long
_ASKS_FOR_CONSENT = (Purpose.SALES, Purpose.DEBT)


class Finding(NamedTuple):
    """Something to know before the start; `pointer` is the field of the campaign."""

    pointer: str
    code: str
    detail: str


class StartError(StrEnum):
    """What forbids the start of a campaign, unless it is accepted by its code."""

    FLOW_INVALID = "flow_invalid"
    RING_FLOOR = "ring_floor"
    CALLER_ID = "caller_id"
    NOBODY_DIALABLE = "nobody_dialable"
    UNKNOWN_LIST = "unknown_list"


@dataclass(frozen=True)
class Estimate:
    """One dial of each contact that may be called: how many, in how many seconds, on how many channels, at what cost.

    A time is one of dialing: hours that are closed are not in it.
    """

    dials: int
    duration_s: float | None
    peak_channels: int | None
    cost: str | None
    currency: str


def estimate(
    dials: int,
    *,
    rate: float | None,
    channels: int | None,
    call_s: float | None,
    cost: Decimal | None,
    currency: str = DEFAULT_CURRENCY,
) -> Estimate:
    """Return how long so many dials take at a rate and on channels, as long and as dear as calls were lately."""
    takes_s = call_s or ASSUMED_CALL_S
    by_channels = channels / takes_s if channels else None
    paces = [pace for pace in (rate, by_channels) if pace]
    pace = min(paces, default=None)
    if pace is None:
        return Estimate(dials, None, None, _money(cost, dials), currency)
    busy = min(dials, math.ceil(round(pace * takes_s, 6)))
    return Estimate(dials, round(dials / pace, 1), min(busy, channels or busy), _money(cost, dials), currency)


def _money(cost: Decimal | None, dials: int) -> str | None:
    return None if cost is None else f"{cost * dials:.2f}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a campaign says of itself, as far as warnings ask; `dials` is one of each contact that may be called.

    `made` are the dials of the last 24 hours from the caller id that has made most of them, whoever dialed.
    """

    purpose: str | None
    is_always_open: bool
    caller_ids: int
    made: int = 0
    verified: Sequence[str] = ()
    dials: int
    held_for_ever: int
    never_in_hours: int = 0
    asks_for_consent: bool = False
    asks_lists: bool = False
    old_lists: Sequence[str] = ()
    stop: str | None = None
    cost: Decimal | None = None
    spend: Spend | None = None
    left_in_all: Decimal | None = None


def warnings(plan: Plan) -> list[Finding]:
    """Return what to look at before the start; none of it forbids that."""
    return list(_warnings(plan))


def _warnings(plan: Plan) -> Iterator[Finding]:
    if plan.purpose is None:
        yield Finding(
            "/purpose",
            "purpose_left_out",
            "the campaign does not say what it calls for; it counts as informational, and the law depends on it",
        )
    if plan.is_always_open:
        yield Finding("/calling_hours", "hours_always", "it calls at any hour, at night too")
    per_caller_id = math.ceil(plan.dials / max(plan.caller_ids, 1))
    if per_caller_id and plan.caller_ids and per_caller_id + plan.made > DIALS_PER_CALLER_ID:
        made = f" beside the {plan.made:,} that one of them has made in the last 24 hours" if plan.made else ""
        yield _too_many(f"{per_caller_id:,} dials for each caller id{made}")
    if plan.verified:
        numbers = ", ".join(plan.verified)
        yield Finding("/caller_ids", "attestation_b", f"verified and not owned, so that they are attested B: {numbers}")
    if plan.purpose in _ASKS_FOR_CONSENT and not plan.asks_for_consent:
        yield Finding("/consent", "consent_not_asked", f"a campaign for {plan.purpose} does not ask for consents")
    if plan.purpose in _ASKS_FOR_CONSENT and not plan.asks_lists:
        yield Finding("/lists", "lists_not_asked", f"a campaign for {plan.purpose} asks no do-not-call registry")
    if plan.old_lists:
        yield Finding("/lists", "list_stale", f"older than they may be, so that they hold: {', '.join(plan.old_lists)}")
    if plan.held_for_ever:
        yield Finding(
            "/contacts",
            "held_until_somebody_acts",
            f"{plan.held_for_ever:,} contacts wait until somebody acts; see held",
        )
    if plan.never_in_hours:
        yield Finding(
            "/calling_hours",
            "no_common_hours",
            f"{plan.never_in_hours:,} contacts are never called: the calling hours and those that the law allows where "
            "they are have no minute in common, holidays left out",
        )
    yield from _of_money(plan)
    if plan.stop:
        yield Finding("", "dialing_stopped", plan.stop)


def dialed_too_often(made: Mapping[str, int]) -> list[Finding]:
    """Return a warning of the caller ids that have made too many dials in 24 hours; `made` is counted by number."""
    over = sorted(number for number, dials in made.items() if dials > DIALS_PER_CALLER_ID)
    if not over:
        return []
    such = f"{len(over)} of {len(made)} caller ids, such as {over[0]}, made too many dials in the last 24 hours"
    return [_too_many(such)]


def _too_many(dials: str) -> Finding:
    detail = f"{dials}; over {DIALS_PER_CALLER_ID} a day it may be labelled as spam"
    return Finding("/caller_ids", "dials_per_caller_id", detail)


def _of_money(plan: Plan) -> Iterator[Finding]:
    """Yield which budgets one dial of each contact is estimated to exceed."""
    if plan.cost is None or plan.spend is None:
        return
    cost = f"{plan.dials:,} dials cost about {plan.cost:.2f} {plan.spend.currency}"
    total, per_day = plan.spend.total, plan.spend.per_day
    if total is not None and plan.left_in_all is not None and plan.cost > plan.left_in_all:
        left = max(plan.left_in_all, Decimal(0))
        detail = f"{cost}, and of the spend.total of {total} are {left:.2f} left: it is paused before all are called"
        yield Finding("/spend/total", "spend_total", detail)
    if per_day is not None and plan.cost > per_day:
        days = math.ceil(plan.cost / per_day)
        detail = (
            f"{cost}, more than the spend.per_day of {per_day}: it takes {days} days, and somebody resumes it on each"
        )
        yield Finding("/spend/per_day", "spend_per_day", detail)
