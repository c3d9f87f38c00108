"""Keeps how many rows of each kind a campaign has, so that no query counts millions.

Triggers write the changes of every statement into `tally_changes`, where no two transactions block each other; they are
added to `tallies` now and then. The two together are exact at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Engine, text

Subject = Literal["contacts", "calls", "answers", "people", "spent", "minutes"]

_FOLDED_AT_ONCE, _FOLDS_AT_ONCE = 500, 40
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('tallies'))")
_WAIT = text("SELECT pg_advisory_xact_lock(hashtext('tallies'))")
_FOLD = """
    WITH taken AS (
        DELETE FROM tally_changes WHERE {which}
        RETURNING campaign_id, subject, parts, n
    ), folded AS (
        INSERT INTO tallies (campaign_id, subject, parts, n)
        SELECT campaign_id, subject, parts, sum(n) FROM taken GROUP BY campaign_id, subject, parts HAVING sum(n) <> 0
        ON CONFLICT (campaign_id, subject, parts) DO UPDATE SET n = tallies.n + excluded.n
    )
    SELECT count(*) FROM taken
"""
_FOLD_OLDEST = text(_FOLD.format(which="id IN (SELECT id FROM tally_changes ORDER BY id LIMIT :most)"))
_FOLD_ANSWERS = text(
    _FOLD.format(
        which="subject = 'answers' AND campaign_id IN (SELECT campaign_id FROM calls WHERE id = ANY(:call_ids))"
    )
)
_FORGET = text("DELETE FROM tallies WHERE n = 0")
_READ = text(
    """
    SELECT parts, sum(n)::bigint AS n FROM (
        SELECT parts, n FROM tallies WHERE campaign_id = :campaign_id AND subject = :subject
        UNION ALL
        SELECT parts, n FROM tally_changes WHERE campaign_id = :campaign_id AND subject = :subject
    ) both_of_them GROUP BY parts HAVING sum(n) <> 0
    """
)
# Each campaign by itself, so that each is a range of both indexes.
_EACH = """
    SELECT c.id AS campaign_id, {columns}, sum(n)::bigint AS n
    FROM unnest(CAST(:campaign_ids AS text[])) AS c(id) CROSS JOIN LATERAL (
        SELECT subject, parts, n FROM tallies WHERE campaign_id = c.id AND {subjects}
        UNION ALL
        SELECT subject, parts, n FROM tally_changes WHERE campaign_id = c.id AND {subjects}
    ) both_of_them GROUP BY c.id, {columns} HAVING sum(n) <> 0
"""
_READ_EACH = text(_EACH.format(columns="subject, parts", subjects="subject = ANY(:subjects)"))
_READ_PEOPLE = text(
    _EACH.format(columns="parts[2]", subjects="subject = 'people'").replace("parts[2],", "parts[2] AS what,", 1)
)
# Of a million different answers the index gives the most frequent ones; what changed since may have joined them.
_LARGEST = text(
    """
    WITH changes AS (
        SELECT parts, sum(n) AS n FROM tally_changes WHERE campaign_id = :campaign_id AND subject = :subject GROUP BY 1
    ), kept AS (
        SELECT parts, n FROM tallies WHERE campaign_id = :campaign_id AND subject = :subject
        ORDER BY n DESC, parts LIMIT :most
    ), largest AS (
        SELECT parts, n FROM kept WHERE NOT EXISTS (SELECT 1 FROM changes x WHERE x.parts = kept.parts)
        UNION ALL
        SELECT x.parts, x.n + coalesce((SELECT t.n FROM tallies t WHERE t.campaign_id = :campaign_id
                                        AND t.subject = :subject AND t.parts = x.parts), 0) FROM changes x
    )
    SELECT parts, n::bigint FROM largest WHERE n > 0 ORDER BY n DESC, parts LIMIT :most
    """
)


class Tally(NamedTuple):
    """The number of rows of one kind, and the values that define the kind."""

    parts: list[str | None]
    n: int


def read_tally(tx: Connection, campaign_id: str, subject: Subject) -> list[Tally]:
    """Return contacts by [status, reason or zone], calls by [state, disposition, outcome].

    People who answered are by [day, what of them], what was spent, in millionths, by [day] of its claim, and what
    happened to calls that are over by [minute, what, value]; days and minutes are UTC.
    """
    rows = tx.execute(_READ, {"campaign_id": campaign_id, "subject": subject})
    return [Tally(*row) for row in rows]


def read_tallies(
    tx: Connection, campaign_ids: Sequence[str], subjects: Sequence[Subject]
) -> dict[tuple[str, str], list[Tally]]:
    """Return the tallies of many campaigns, as `read_tally` returns one, by (campaign id, subject)."""
    found: dict[tuple[str, str], list[Tally]] = {}
    for row in tx.execute(_READ_EACH, {"campaign_ids": list(campaign_ids), "subjects": list(subjects)}):
        found.setdefault((row.campaign_id, row.subject), []).append(Tally(row.parts, row.n))
    return found


def read_people_tallies(tx: Connection, campaign_ids: Sequence[str]) -> dict[str, list[Tally]]:
    """Return of the people who answered each campaign, on all days, by [null, what of them]."""
    found: dict[str, list[Tally]] = {}
    for row in tx.execute(_READ_PEOPLE, {"campaign_ids": list(campaign_ids)}):
        found.setdefault(row.campaign_id, []).append(Tally([None, row.what], row.n))
    return found


def largest_answers(tx: Connection, campaign_id: str, *, most: int) -> list[Tally]:
    """Return the answers of calls by [name, value], the most frequent first."""
    params = {"campaign_id": campaign_id, "subject": "answers", "most": most}
    return [Tally(*row) for row in tx.execute(_LARGEST, params)]


def fold_tallies(sql: Engine) -> int:
    """Add changes to the tallies, some at a time; return how many. Does nothing while another process does so."""
    return sum(takewhile(bool, (_fold_some(sql) for _ in range(_FOLDS_AT_ONCE))))


def fold_changes(tx: Connection) -> int:
    """Add one batch of changes to the tallies, within the caller's transaction; return how many."""
    if not tx.execute(_LOCK).scalar_one():
        return 0
    folded = tx.execute(_FOLD_OLDEST, {"most": _FOLDED_AT_ONCE}).scalar_one()
    tx.execute(_FORGET)
    return int(folded)


def forget_answers(tx: Connection, call_ids: Sequence[str]) -> None:
    """Remove answers from the tallies that only these calls gave, once they are erased from the calls."""
    tx.execute(_WAIT)
    tx.execute(_FOLD_ANSWERS, {"call_ids": list(call_ids)})
    tx.execute(_FORGET)


def _fold_some(sql: Engine) -> int:
    with sql.begin() as tx:
        return fold_changes(tx)
