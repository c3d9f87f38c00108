"""Says how many calls a campaign can still afford, to one claim at a time.

What is spent is the sum over its calls (`calls.spent`): the estimate from the claim on, then the carrier's cost. What
is withdrawn was not dialed and costs nothing. Triggers keep the sums, in millionths, by the UTC day of the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import Connection, text

from orchestrator.model.attempt_state import FINAL_STATES
from orchestrator.policy.guards.budget import Spend
from orchestrator.store.sql.guard_counts import MILLIONTHS
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tallies import read_tally

_LOCKS = 7_201_342  # any fixed number: keeps these locks apart from others on the same text
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:campaign_id, :locks))")
_TODAY = text("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")

# Sums are a range of their indexes for each campaign; calls that are not over are an index of a few thousand rows, and
# those of other campaigns leave a sum below 0.
_COSTS = text(
    f"""
    SELECT id, sum(n)::bigint AS n FROM (
        SELECT c.id, t.n FROM unnest(CAST(:campaign_ids AS text[])) AS c(id) CROSS JOIN LATERAL (
            SELECT n FROM tallies WHERE campaign_id = c.id AND subject = 'spent' UNION ALL
            SELECT n FROM tally_changes WHERE campaign_id = c.id AND subject = 'spent') t
        UNION ALL
        SELECT k.campaign_id, -ceil(k.spent * {MILLIONTHS})::bigint FROM calls k
        WHERE k.spent IS NOT NULL AND k.state NOT IN {one_of(FINAL_STATES)}
    ) spent GROUP BY id HAVING sum(n) > 0
    """  # noqa: S608 built from constants
)


class Spent(NamedTuple):
    """What a campaign has spent, exact: today (UTC) and in all."""

    today: Fraction
    in_all: Fraction


def calls_left(tx: Connection, campaign_id: str, budget: Spend, *, estimate: Decimal) -> int:
    """Return how many calls of this estimate fit into a campaign's budget; no other claim sees it until this one ends.

    Read behind the lock: what the claim before has reserved is counted.
    """
    tx.execute(_LOCK, {"campaign_id": campaign_id, "locks": _LOCKS})
    spent = read_spent(tx, campaign_id)
    limits = ((budget.per_day, spent.today), (budget.total, spent.in_all))
    left = [Fraction(limit) - amount for limit, amount in limits if limit is not None]
    return max(0, min(left) // Fraction(estimate))


def read_spent(tx: Connection, campaign_id: str) -> Spent:
    """Return what a campaign has spent, what is reserved for calls that are not over among it."""
    today = str(tx.execute(_TODAY).scalar_one())
    spent = {str(day): n for (day,), n in read_tally(tx, campaign_id, "spent")}
    return Spent(Fraction(spent.get(today, 0), MILLIONTHS), Fraction(sum(spent.values()), MILLIONTHS))


def read_costs(tx: Connection, campaign_ids: Sequence[str]) -> dict[str, Decimal]:
    """Return what calls that are over have cost, by campaign; those that cost nothing are left out."""
    return {row.id: Decimal(row.n) / MILLIONTHS for row in tx.execute(_COSTS, {"campaign_ids": list(campaign_ids)})}
