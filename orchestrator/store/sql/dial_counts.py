"""Counts the dials from a caller id in the last 24 hours, which a cap limits.

A dial counts from its reservation on, so that two at once cannot both be the last one allowed, and whatever its result,
unless it was withdrawn: then it was surely not made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.policy.caps import CAP_WINDOW
from orchestrator.store.sql.moment import AT, known_by_then
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import COUNTED_DIALS

PENDING = one_of((AttemptState.RESERVED, AttemptState.DIALING))
_LOCKS = 7_201_341  # any fixed number: keeps these locks apart from others on the same text


def _dials_within(column: str, number: str, *, most: str, besides: str) -> str:
    """Return the SQL that counts the newest dials of a number, `most` of them at most, and returns the oldest of these.

    `pending` says that one of them may still be withdrawn. It reads no more rows than it counts, newest first. Its
    parameter `at` is the moment that the 24 hours end at; None: now.
    """
    return f"""
        SELECT count(*) AS dials, coalesce(bool_or(state IN {PENDING}), false) AS pending,
            min(last_sent_at) AS oldest
        FROM (
            SELECT d.state, d.last_sent_at FROM calls d
            WHERE d.{column} = {number} AND {COUNTED_DIALS} AND d.id <> {besides}
                AND {known_by_then("coalesce(d.last_sent_at, d.reserved_at)")}
            ORDER BY d.last_sent_at DESC LIMIT coalesce({most}, 0)
        ) newest
        WHERE state = '{AttemptState.RESERVED}' OR last_sent_at > {AT} - interval '1 day'
    """  # noqa: S608 built from constants


_FROM_CALLER_IDS = text(
    f"""
    SELECT u.* FROM unnest(CAST(:numbers AS text[]), CAST(:caps AS int[]), CAST(:besides AS text[]))
        WITH ORDINALITY AS n(number, cap, besides, place) CROSS JOIN LATERAL (
        {_dials_within("from_number", "n.number", most="n.cap", besides="n.besides")}
    ) u ORDER BY n.place
    """  # noqa: S608
)
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(number, :locks)) FROM unnest(CAST(:numbers AS text[])) AS n(number)"
)


@dataclass(frozen=True, slots=True)
class Dials:
    """How many dials a cap has counted, and when the oldest of them is a day old.

    `frees_at` is None where the cap is not reached, and while one of the dials may still be withdrawn.
    """

    counted: int = 0
    frees_at: datetime | None = None


def _dials_of(row: RowMapping, cap: int | None) -> Dials:
    """Return what `_dials_within` found, against the cap it counted up to."""
    is_reached = cap is not None and row["dials"] >= cap and not row["pending"]
    return Dials(row["dials"], row["oldest"] + CAP_WINDOW if is_reached else None)


def lock_caller_ids(tx: Connection, caller_ids: Collection[str]) -> None:
    """Keep other transactions from reserving dials from these caller ids until this one ends.

    No number guard keeps two dials from one caller id apart, and each of two claims would take the same free place.
    """
    tx.execute(_LOCK, {"numbers": sorted(caller_ids), "locks": _LOCKS})


@dataclass(frozen=True, slots=True)
class CallerIdCap:
    """A cap on the dials from a caller id; the attempt `besides` is left out of the count."""

    caller_id: str
    cap: int
    besides: str = ""


def count_from(tx: Connection, caps: Sequence[CallerIdCap], *, at: datetime | None = None) -> list[Dials]:
    """Return, for each of `caps`, the dials from its caller id in the 24 h until `at` (None: now), up to the cap."""
    if not caps:
        return []
    params = {
        "at": at,
        "numbers": [each.caller_id for each in caps],
        "caps": [each.cap for each in caps],
        "besides": [each.besides for each in caps],
    }
    rows = tx.execute(_FROM_CALLER_IDS, params).mappings()
    return [_dials_of(row, each.cap) for row, each in zip(rows, caps, strict=True)]
