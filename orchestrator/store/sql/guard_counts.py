"""Counts what guards look at: for each campaign a few hundred rows by an index, however many calls it has made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, RowMapping, text

from orchestrator.model.attempt_state import FINAL_STATES, AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.guards.judge import (
    ABANDON_DAYS,
    BLOCK,
    FAILURES_WITHIN_S,
    OPT_OUTS_OVER,
    SILENCE_OVER,
    GuardCounts,
)
from orchestrator.policy.guards.rules import Guards, GuardsInForce
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose
from orchestrator.store.sql.state_lists import one_of

MILLIONTHS = 1_000_000
_RINGS_S = 30
_BLOCKS = 6  # the newest, and those whose median it is held against
_MOST_DIALS = 5_000  # of two minutes: more than 40 a second say as much
_FAILED = one_of((Disposition.FAILED, Disposition.NOT_FOUND, Disposition.REJECTED))
_ANSWERED = one_of((Disposition.ANSWERED, Disposition.HUMAN, Disposition.MACHINE, Disposition.FAX))
_COUNTED = "ARRAY['calls', 'people', 'spent']"
_TODAY = "date_trunc('day', clock_timestamp(), 'UTC')"
_DIALED = f"""k.campaign_id = g.id AND k.direction = 'outbound' AND k.dialed_at IS NOT NULL
    AND k.state <> '{AttemptState.WITHDRAWN}'"""
# Judged by the dials, not by what has ended: failures end in seconds, and conversations in minutes. Who is still on the
# line when the ringing is over for sure has answered.
_HAS_RUNG = f"""k.reserved_at < clock_timestamp() - interval '{_RINGS_S} seconds'
    AND k.reserved_at < clock_timestamp() - make_interval(secs => k.ring_limit_s + 15)
    AND k.state IN {one_of((AttemptState.ACCEPTED, AttemptState.ENDED))}"""


def _kept(subject: str) -> str:
    return f"""
        SELECT parts, n FROM tallies WHERE campaign_id = g.id AND subject = '{subject}' UNION ALL
        SELECT parts, n FROM tally_changes WHERE campaign_id = g.id AND subject = '{subject}'
    """  # noqa: S608 a constant


_LASTING = f"""
    (SELECT coalesce(sum(n) FILTER (WHERE parts[2] = 'people'), 0)::bigint AS people,
        coalesce(sum(n) FILTER (WHERE parts[2] = 'abandoned'), 0)::bigint AS abandoned
        FROM ({_kept("people")}) t
        WHERE parts[1] > to_char((clock_timestamp() AT TIME ZONE 'UTC') - interval '{ABANDON_DAYS} days', 'YYYY-MM-DD')
    ) p CROSS JOIN LATERAL
    (SELECT coalesce(sum(n), 0)::bigint AS spent, coalesce(sum(n) FILTER (
            WHERE parts[1] = to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD')), 0)::bigint AS spent_today
        FROM ({_kept("spent")}) t
    ) m CROSS JOIN LATERAL
    (SELECT coalesce(sum(ceil(k.spent * {MILLIONTHS})), 0)::bigint AS reserved,
        coalesce(sum(ceil(k.spent * {MILLIONTHS})) FILTER (WHERE k.reserved_at >= {_TODAY}), 0)::bigint
            AS reserved_today
        FROM calls k
        WHERE g.spend IS NOT NULL AND k.campaign_id = g.id AND k.state NOT IN {one_of(FINAL_STATES)}
    ) r
"""  # noqa: S608 built from constants


# All that guards count changes these sums, in whichever of the two tables a change stands, or what is beside them.
_RUNNING = text(
    f"""
    SELECT g.id, concat_ws(' ', g.guards, g.spend, g.purpose, g.proving_since, (
        SELECT sum(t.n * CAST(hashtextextended(t.subject || CAST(t.parts AS text), 0) AS numeric)) FROM (
            SELECT subject, parts, n FROM tallies WHERE campaign_id = g.id AND subject = ANY({_COUNTED}) UNION ALL
            SELECT subject, parts, n FROM tally_changes WHERE campaign_id = g.id AND subject = ANY({_COUNTED})) t
        )) AS mark
    FROM campaigns g WHERE g.status = '{CampaignStatus.RUNNING}' AND g.kind = 'campaign' ORDER BY g.id
    """  # noqa: S608 built from constants
)
_CAMPAIGN = """
    FROM (
        SELECT c.id, c.purpose, c.guards::text AS guards, c.spend::text AS spend,
            coalesce(c.proving_since, to_timestamp(0)) AS since
        FROM campaigns c WHERE c.id = :campaign_id) g CROSS JOIN LATERAL
"""
_ALL = text(
    f"""
    SELECT g.*, p.*, m.*, r.*, s.heard_by, s.silent, s.asked_of, s.opted_out,
        f.dialed, f.failed, b.answers, b.newest_began >= g.since AS is_newest_since
    {_CAMPAIGN} {_LASTING}
    CROSS JOIN LATERAL (
        SELECT count(*) AS asked_of, count(*) FILTER (WHERE opted_out) AS opted_out,
            least(count(*), {SILENCE_OVER}) AS heard_by,
            count(*) FILTER (WHERE silent AND nth <= {SILENCE_OVER}) AS silent
        FROM (
            SELECT k.silent, k.opted_out, row_number() OVER (ORDER BY k.answered_at DESC) AS nth FROM calls k
            WHERE k.campaign_id = g.id AND k.silent IS NOT NULL AND k.answered_at >= g.since
            ORDER BY k.answered_at DESC LIMIT {OPT_OUTS_OVER}) newest) s
    CROSS JOIN LATERAL (
        SELECT count(*) AS dialed, count(*) FILTER (WHERE disposition IN {_FAILED}) AS failed FROM (
            SELECT k.disposition FROM calls k
            WHERE {_DIALED} AND k.dialed_at >= g.since
                AND k.reserved_at > clock_timestamp() - interval '{FAILURES_WITHIN_S} seconds'
            ORDER BY k.reserved_at DESC LIMIT {_MOST_DIALS}) newest) f
    CROSS JOIN LATERAL (
        SELECT array_agg(answered ORDER BY block) AS answers, min(began) FILTER (WHERE block = 0) AS newest_began FROM (
            SELECT block, count(*) FILTER (WHERE was_answered) AS answered, min(dialed_at) AS began FROM (
                SELECT was_answered, dialed_at, (row_number() OVER (ORDER BY reserved_at DESC) - 1) / {BLOCK} AS block
                FROM (
                    SELECT k.dialed_at, k.reserved_at,
                        k.state = '{AttemptState.ACCEPTED}' OR k.disposition IN {_ANSWERED} AS was_answered
                    FROM calls k WHERE {_DIALED} AND {_HAS_RUNG}
                    ORDER BY k.reserved_at DESC LIMIT {_BLOCKS * BLOCK}) newest) numbered
            GROUP BY block HAVING count(*) = {BLOCK}) blocks) b
    """  # noqa: S608 built from constants
)
_ALL_LASTING = text(f"SELECT g.*, p.*, m.*, r.* {_CAMPAIGN} {_LASTING}")


@dataclass(frozen=True)
class Guarded:
    """A campaign with its guards as they hold, and what they count."""

    campaign_id: str
    guards: GuardsInForce
    spend: Spend | None
    counts: GuardCounts


def running_campaigns(tx: Connection) -> Mapping[str, str]:
    """Return the campaigns that dial, each with a mark that changes with all that its guards count."""
    return {row.id: row.mark for row in tx.execute(_RUNNING)}


def count_for_guards(tx: Connection, campaign_id: str, *, next_call: Decimal) -> Guarded:
    """Return a campaign with all that its guards count; `next_call` is the estimate of one call."""
    row = tx.execute(_ALL, {"campaign_id": campaign_id}).mappings().one()
    return _guarded(row, _counts(row, next_call))


def count_lasting(tx: Connection, campaign_id: str, *, next_call: Decimal) -> Guarded:
    """Return a campaign with what those of its guards count whose counts a resume does not end."""
    row = tx.execute(_ALL_LASTING, {"campaign_id": campaign_id}).mappings().one()
    return _guarded(row, _lasting(row, next_call))


def _guarded(row: RowMapping, counts: GuardCounts) -> Guarded:
    guards = Guards.model_validate_json(row["guards"]).in_force(Purpose(row["purpose"] or DEFAULT_PURPOSE))
    spend = Spend.model_validate_json(row["spend"]) if row["spend"] else None
    return Guarded(row["id"], guards, spend, counts)


def _counts(row: RowMapping, next_call: Decimal) -> GuardCounts:
    return replace(
        _lasting(row, next_call),
        silent=(row["silent"], row["heard_by"]),
        failed=(row["failed"], row["dialed"]),
        opted_out=(row["opted_out"], row["asked_of"]),
        answers=tuple(row["answers"] or ()),
        is_newest_since=bool(row["is_newest_since"]),
    )


def _lasting(row: RowMapping, next_call: Decimal) -> GuardCounts:
    return GuardCounts(
        abandoned=(row["abandoned"], row["people"]),
        spent=Fraction(row["spent"] - row["reserved"], MILLIONTHS),
        spent_today=Fraction(row["spent_today"] - row["reserved_today"], MILLIONTHS),
        reserved=Fraction(row["reserved"], MILLIONTHS),
        next_call=Fraction(next_call),
    )
