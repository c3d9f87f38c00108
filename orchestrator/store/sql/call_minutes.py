"""Reads what became of a campaign's calls minute by minute, without reading the calls that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from orchestrator.model.attempt_state import FINAL_STATES
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables.calls import MAY_LIVE

_FIRST_MINUTE = 'YYYY-MM-DD"T"HH24:MI'
_KINDS = f"""
    SELECT parts, n FROM {{table}}
    WHERE campaign_id = :campaign_id AND subject = 'minutes'
        AND parts >= ARRAY[to_char(CAST(:since AS timestamptz) AT TIME ZONE 'UTC', '{_FIRST_MINUTE}')]
"""  # noqa: S608 built from constants
_STEP = "date_bin(make_interval(secs => :step_s), {at}, CAST(:since AS timestamptz))"
_PAST = text(
    f"""
    SELECT {_STEP.format(at="CAST(parts[1] || 'Z' AS timestamptz)")} AS step,
        parts[2] AS what, parts[3] AS value, sum(n)::bigint AS n
    FROM ({_KINDS.format(table="tallies")} UNION ALL {_KINDS.format(table="tally_changes")}) counted
    GROUP BY 1, 2, 3 HAVING sum(n) <> 0
    """  # noqa: S608 built from constants
)
# Those that are not over yet were dialed, and perhaps answered, which is known when they are.
_PRESENT = text(
    f"""
    SELECT {_STEP.format(at="dialed_at")} AS step, count(*) AS dials, count(*) FILTER (WHERE {MAY_LIVE}) AS live
    FROM calls WHERE state NOT IN {one_of(FINAL_STATES)} AND campaign_id = :campaign_id AND dialed_at IS NOT NULL
    GROUP BY 1
    """  # noqa: S608 built from constants
)


class Counted(NamedTuple):
    """How often something happened to calls within a step: `dial`, `answer`, `end`, or one `disposition`, `outcome`."""

    step: datetime
    what: str
    value: str | None
    n: int


class NotOver(NamedTuple):
    """Dials of calls without an end, and how many of them may go on; of the others nobody will ever know."""

    dials: int
    live: int


def count_calls_over(tx: Connection, campaign_id: str, *, since: datetime, step_s: int) -> Sequence[Counted]:
    """Return what happened to the calls that are over, by steps that are counted from `since`, a whole minute, on."""
    rows = tx.execute(_PAST, {"campaign_id": campaign_id, "since": since, "step_s": step_s})
    return [Counted(*row) for row in rows]


def count_calls_not_over(tx: Connection, campaign_id: str, *, since: datetime, step_s: int) -> dict[datetime, NotOver]:
    """Return the dials of calls that are not over, by the same steps; those before `since` in steps before it."""
    rows = tx.execute(_PRESENT, {"campaign_id": campaign_id, "since": since, "step_s": step_s})
    return {row.step: NotOver(row.dials, row.live) for row in rows}
