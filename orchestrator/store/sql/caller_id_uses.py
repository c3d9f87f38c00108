"""Counts what was dialed from the caller ids of pools in the last 24 hours and in the last hour, and who rests.

A dial counts as for caps: from its reservation on, unless it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.policy.caller_id import CallerIdUse
from orchestrator.store.sql.dial_counts import PENDING
from orchestrator.store.sql.moment import AT, known_by_then
from orchestrator.store.sql.tables import COUNTED_DIALS

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_OF_NUMBER = f"""
    FROM calls d WHERE d.from_number = n.number AND {COUNTED_DIALS} AND d.id <> n.besides
        AND {known_by_then("coalesce(d.last_sent_at, d.reserved_at)")} ORDER BY d.last_sent_at DESC
"""
# The dial that a full number waits for is looked up only where it is full: to rank all of them takes twice as long.
_USES = text(
    f"""
    SELECT n.per_day, n.per_hour, s.resting_until, s.rested_for, s.attestation, u.*,
        CASE WHEN u.dials_day >= n.per_day THEN
            (SELECT d.last_sent_at {_OF_NUMBER} OFFSET greatest(n.per_day, 1) - 1 LIMIT 1) END AS last_of_day,
        CASE WHEN u.dials_hour >= n.per_hour THEN
            (SELECT d.last_sent_at {_OF_NUMBER} OFFSET greatest(n.per_hour, 1) - 1 LIMIT 1) END AS last_of_hour
    FROM unnest(CAST(:numbers AS text[]), CAST(:per_day AS int[]), CAST(:per_hour AS int[]), CAST(:besides AS text[]))
            WITH ORDINALITY AS n(number, per_day, per_hour, besides, place)
        LEFT JOIN caller_id_states s ON s.number = n.number
        CROSS JOIN LATERAL (
            SELECT count(*) AS dials_day, coalesce(bool_or(state IN {PENDING}), false) AS pending,
                count(*) FILTER (WHERE is_reserved OR last_sent_at > {AT} - interval '1 hour') AS dials_hour
            FROM (
                SELECT d.state, d.last_sent_at, d.state = '{AttemptState.RESERVED}' AS is_reserved {_OF_NUMBER}
                LIMIT greatest(n.per_day, n.per_hour, :at_least)
            ) newest
            WHERE is_reserved OR last_sent_at > {AT} - interval '1 day'
        ) u ORDER BY n.place
    """  # noqa: S608 built from constants
)


@dataclass(frozen=True, slots=True)
class AskedCallerId:
    """A number with the caps it is held to; the attempt `besides` is left out of the count."""

    number: str
    per_day: int
    per_hour: int
    besides: str = ""


def read_uses(tx: Connection, asked: Sequence[AskedCallerId], *, at: datetime | None = None) -> list[CallerIdUse]:
    """Return how each number was used until `at` (None: now); it reads no more dials than its caps allow."""
    return [use_of(row) for row in read_use_rows(tx, asked, at=at)]


def read_use_rows(
    tx: Connection, asked: Sequence[AskedCallerId], *, at: datetime | None = None, at_least: int = 0
) -> Sequence[RowMapping]:
    """Return how each number was used, with its rest and its attestation; `at_least` so many dials are counted."""
    if not asked:
        return []
    params = {
        "numbers": [each.number for each in asked],
        "per_day": [each.per_day for each in asked],
        "per_hour": [each.per_hour for each in asked],
        "besides": [each.besides for each in asked],
        "at_least": at_least,
        "at": at,
    }
    return tx.execute(_USES, params).mappings().all()


def use_of(row: RowMapping) -> CallerIdUse:
    """Return a row of `read_use_rows` as policy reads it."""
    is_sure = not row["pending"]
    day, hour = row["last_of_day"], row["last_of_hour"]
    return CallerIdUse(
        per_day=row["per_day"],
        per_hour=row["per_hour"],
        dials_day=row["dials_day"],
        dials_hour=row["dials_hour"],
        day_frees_at=day + _DAY if day and is_sure else None,
        hour_frees_at=hour + _HOUR if hour and is_sure else None,
        resting_until=row["resting_until"],
    )
