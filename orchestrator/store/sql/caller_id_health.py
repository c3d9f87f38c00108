"""What the ledger says of the numbers of pools, and the rests they are put to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.policy.caller_id_health import SHORT_CALL_S, NumberCalls
from orchestrator.policy.caller_id_pool import MOST_JUDGED
from orchestrator.store.sql.tables import COUNTED_DIALS

_IN_USE = text(
    f"""
    SELECT p.id, p.numbers, p.rest_s, p.health FROM caller_id_pools p
    WHERE EXISTS (SELECT 1 FROM campaigns k WHERE k.caller_id_pool = p.id AND k.status = '{CampaignStatus.RUNNING}')
    ORDER BY p.id
    """  # noqa: S608 built from constants
)
# It reads the newest calls of each number by their index, never more than are judged. Those before the end of its last
# rest are what it has rested for.
_CALLS = text(
    f"""
    SELECT n.number, u.calls, u.answered, u.short
    FROM unnest(CAST(:numbers AS text[])) AS n(number) LEFT JOIN caller_id_states s ON s.number = n.number
        CROSS JOIN LATERAL (
            SELECT count(*) AS calls, count(answered_at) AS answered,
                count(*) FILTER (WHERE ended_at - answered_at < interval '{SHORT_CALL_S} seconds') AS short
            FROM (
                SELECT d.state, d.last_sent_at, d.answered_at, d.ended_at FROM calls d
                WHERE d.from_number = n.number AND {COUNTED_DIALS} ORDER BY d.last_sent_at DESC LIMIT {MOST_JUDGED}
            ) newest
            WHERE state = '{AttemptState.ENDED}'
                AND last_sent_at > greatest(statement_timestamp() - interval '1 day', s.resting_until)
        ) u
    """  # noqa: S608 built from constants
)
_REST = text(
    """
    INSERT INTO caller_id_states AS s (number, resting_until, rested_for)
    SELECT r.number, statement_timestamp() + make_interval(secs => :rest_s), r.rested_for
    FROM jsonb_to_recordset(:rests) AS r(number text, rested_for jsonb) ORDER BY r.number
    ON CONFLICT (number) DO UPDATE SET resting_until = EXCLUDED.resting_until, rested_for = EXCLUDED.rested_for
    WHERE s.resting_until IS NULL OR s.resting_until <= statement_timestamp()
    RETURNING number, resting_until
    """
).bindparams(bindparam("rests", type_=JSONB))


def pools_in_use(tx: Connection) -> Sequence[Row[Any]]:
    """Return the pools that running campaigns dial from."""
    return tx.execute(_IN_USE).all()


def calls_of(tx: Connection, numbers: Sequence[str]) -> dict[str, NumberCalls]:
    """Return the ended calls of each number in the last 24 hours and since its last rest."""
    rows = tx.execute(_CALLS, {"numbers": list(numbers)}).all()
    return {row.number: NumberCalls(row.calls, row.answered, row.short) for row in rows}


def put_to_rest(tx: Connection, rests: Mapping[str, Mapping[str, Any]], *, rest_s: int) -> dict[str, datetime]:
    """Put numbers to rest for what is said of each; return until when, without those that rest already."""
    rows = [{"number": number, "rested_for": rested_for} for number, rested_for in rests.items()]
    found = tx.execute(_REST, {"rests": rows, "rest_s": rest_s}) if rows else ()
    return {row.number: row.resting_until for row in found}
