"""Reads the statistics of a campaign: contacts by status, calls by result, its rate and its latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.operations.campaigns.count_calls import calls_of, count_by, phases_of
from orchestrator.operations.campaigns.count_contacts import by_status, count_contacts
from orchestrator.operations.campaigns.explain_campaign import limits_of
from orchestrator.operations.campaigns.find_campaigns import CampaignInForce
from orchestrator.operations.campaigns.read_outlook import Eta, read_outlook
from orchestrator.operations.campaigns.why_waiting import Because
from orchestrator.operations.dialing.stop_dialing import status_reason_of
from orchestrator.policy.guards.judge import Reading, judge_lasting
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.policy.preflight import DIALS_PER_CALLER_ID, Finding, dialed_too_often
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.caller_id_pools import read_pools
from orchestrator.store.sql.calls import count_dials_since
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.dial_counts import CallerIdCap, count_from
from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.guard_counts import Guarded, count_lasting
from orchestrator.store.sql.people import People
from orchestrator.store.sql.tallies import Tally, largest_answers, read_tallies

_RATE_OVER = timedelta(seconds=5)
_MOST_ANSWERS = 1_000


@dataclass(frozen=True)
class Spending:
    """What calls that are over have cost, today (UTC) and in all, and what is reserved for those that are not."""

    today: Decimal
    total: Decimal
    reserved: Decimal
    per_day_limit: Decimal | None
    total_limit: Decimal | None
    currency: str


@dataclass(frozen=True)
class CampaignStats:
    """The statistics of a campaign; the counts of `contacts` sum to their total."""

    status: str
    status_reason: dict[str, Any] | None
    contacts: dict[str, int]
    waiting_by_reason: Mapping[Reason, Because]
    held_by_reason: Mapping[Reason, Because]
    eta: Eta | None
    calls: dict[str, int]
    people: dict[str, int]
    by_disposition: dict[str, int]
    by_outcome: dict[str, int]
    by_answer: dict[str, dict[str, int]]
    dials_per_s: float
    limit: float
    max_live_calls: int | None
    guards: list[Reading]
    abandon_rate_30d: float | None
    spend: Spending | None
    warnings: list[Finding]
    event_to_command_ms: dict[str, float | None]


def read_stats(
    in_force: CampaignInForce, *, sql: Engine, client: redis.Redis, keys: Keys, clock: Clock, call_estimate: Decimal
) -> CampaignStats:
    """Return the statistics of a campaign at this moment."""
    campaign, stop = in_force
    now = clock()
    with statement_by_statement(sql).connect() as tx:
        tallies = read_tallies(tx, [campaign.id], ["contacts", "calls", "people"])
        contacts = tallies.get((campaign.id, "contacts"), [])
        guarded = count_lasting(tx, campaign.id, next_call=call_estimate)
        answers = largest_answers(tx, campaign.id, most=_MOST_ANSWERS)
        dials = count_dials_since(tx, campaign.id, since=now - _RATE_OVER)
        account = find_connection(tx, campaign.connection_id)
        made = _dials_by_caller_id(tx, campaign)
        limits = limits_of(campaign, account)
        counted_calls = calls_of(tallies.get((campaign.id, "calls"), []))
        phases = phases_of(counted_calls)
        outlook = read_outlook(
            tx, campaign, contacts, dialed=phases["dialed"], limits=limits, stop=stop, now=now, client=client, keys=keys
        )
    counts_of_contacts = count_contacts(contacts, hours_in_force(campaign.calling_hours, campaign.purpose), now)
    return CampaignStats(
        status=campaign.status,
        status_reason=status_reason_of(campaign, stop),
        contacts=by_status(counts_of_contacts),
        waiting_by_reason=outlook.waiting,
        held_by_reason=outlook.held,
        eta=outlook.eta,
        calls=phases,
        people=People(tallies.get((campaign.id, "people"), [])).counts(),
        by_disposition=count_by("disposition", counted_calls),
        by_outcome=count_by("outcome", counted_calls),
        by_answer=_answers(answers),
        dials_per_s=round(dials / _RATE_OVER.total_seconds(), 2),
        limit=limits.rate or 0.0,
        max_live_calls=limits.channels,
        guards=judge_lasting(guarded.guards, guarded.spend, guarded.counts),
        abandon_rate_30d=_share(*guarded.counts.abandoned),
        spend=_spending(guarded),
        warnings=dialed_too_often(made),
        event_to_command_ms=latency_percentiles(client, keys.latency_of(campaign.id)),
    )


def _dials_by_caller_id(tx: Connection, campaign: Row[Any]) -> dict[str, int]:
    """Return the dials of the last 24 hours from each caller id, counted no further than it takes to warn."""
    pool = read_pools(tx, [campaign.caller_id_pool]).get(campaign.caller_id_pool) if campaign.caller_id_pool else None
    numbers = pool.caller_ids if pool else tuple(campaign.caller_ids or ())
    counted = count_from(tx, [CallerIdCap(number, DIALS_PER_CALLER_ID + 1) for number in numbers])
    return {number: dials.counted for number, dials in zip(numbers, counted, strict=True)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _spending(guarded: Guarded) -> Spending | None:
    if guarded.spend is None:
        return None
    counts, limits = guarded.counts, guarded.spend
    return Spending(
        today=_amount(counts.spent_today),
        total=_amount(counts.spent),
        reserved=_amount(counts.reserved),
        per_day_limit=limits.per_day,
        total_limit=limits.total,
        currency=limits.currency,
    )


def _amount(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _answers(tally: Sequence[Tally]) -> dict[str, dict[str, int]]:
    by_name: dict[str, dict[str, int]] = {}
    for (name, value), n in tally:
        by_name.setdefault(str(name), {})["null" if value is None else value] = n
    return by_name


def latency_percentiles(client: redis.Redis, name: str) -> dict[str, float | None]:
    """Return median and 99th percentile of the newest event-to-command times under a key, in ms, or None."""
    times = sorted(float(value) for value in client.lrange(name, 0, -1))
    return {"p50": _percentile(times, 0.50), "p99": _percentile(times, 0.99)}


def _percentile(ordered: Sequence[float], part: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 3) if ordered else None
