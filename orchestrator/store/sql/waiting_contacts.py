"""Queries on why the contacts of a campaign wait: by index, whatever the size of the campaign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from orchestrator.model.contact_status import ContactStatus
from orchestrator.store.sql.state_lists import IS_CLAIMABLE

COUNTED_AT_MOST = 20_000

_DUE = text(
    f"""
    SELECT count(*) FROM (
        SELECT 1 FROM unnest(CAST(:zones AS text[])) AS z(zone) CROSS JOIN LATERAL (
            SELECT 1 FROM contacts c
            WHERE c.campaign_id = :campaign_id AND c.zone = z.zone AND c.{IS_CLAIMABLE}
                AND c.due_at IS NOT NULL AND c.due_at <= now()
            LIMIT :most) p
        LIMIT :most) due
    """  # noqa: S608 built from constants
)
_WITH_A_REASON = f"campaign_id = :campaign_id AND {IS_CLAIMABLE} AND reason IS NOT NULL"
# The reasons that somebody waits for are found by jumping from each to the next; of each, who is next, and how many.
_LATER = text(
    f"""
    WITH RECURSIVE why (status, reason) AS (
        (SELECT status, reason FROM contacts WHERE {_WITH_A_REASON} ORDER BY status, reason LIMIT 1)
        UNION ALL
        SELECT n.status, n.reason FROM why CROSS JOIN LATERAL (
            SELECT c.status, c.reason FROM contacts c
            WHERE {_WITH_A_REASON} AND (c.status, c.reason) > (why.status, why.reason)
            ORDER BY c.status, c.reason LIMIT 1) n
    )
    SELECT status, reason,
        (SELECT c.due_at FROM contacts c WHERE {_WITH_A_REASON} AND c.status = why.status AND c.reason = why.reason
            AND c.due_at > now() ORDER BY c.due_at LIMIT 1) AS next_at,
        (SELECT c.due_at FROM contacts c WHERE {_WITH_A_REASON} AND c.status = why.status AND c.reason = why.reason
            AND c.due_at > now() ORDER BY c.due_at DESC LIMIT 1) AS last_at,
        CASE WHEN status = '{ContactStatus.WAITING}' THEN
            (SELECT count(*) FROM (
                SELECT 1 FROM contacts c WHERE {_WITH_A_REASON} AND c.status = why.status AND c.reason = why.reason
                    AND c.due_at > now() AND c.zone = ANY(CAST(:zones AS text[])) LIMIT :most) counted)
        END AS later
    FROM why
    """  # noqa: S608 built from constants
)
_NEXT_HELD = text(
    f"""
    SELECT w.campaign_id, w.reason, next.due_at
    FROM unnest(CAST(:campaign_ids AS text[]), CAST(:reasons AS text[])) AS w(campaign_id, reason) CROSS JOIN LATERAL (
        SELECT c.due_at FROM contacts c
        WHERE c.campaign_id = w.campaign_id AND c.{IS_CLAIMABLE} AND c.status = '{ContactStatus.HELD}'
            AND c.reason = w.reason AND c.due_at > now()
        ORDER BY c.due_at LIMIT 1) next
    """  # noqa: S608 built from constants
)


class Later(NamedTuple):
    """Contacts with the same status and reason, and when the next and the last of those who are not due yet are.

    `later` counts the waiting among them in zones that are open, up to so many; None for held ones.
    """

    status: str
    reason: str
    next_at: datetime | None
    last_at: datetime | None
    later: int | None


def count_due(tx: Connection, campaign_id: str, zones: Sequence[str], *, most: int = COUNTED_AT_MOST) -> int:
    """Return how many contacts of these zones are due now, up to `most`."""
    params = {"campaign_id": campaign_id, "zones": list(zones), "most": most}
    return int(tx.execute(_DUE, params).scalar_one())


def list_later(
    tx: Connection, campaign_id: str, open_zones: Sequence[str], *, most: int = COUNTED_AT_MOST
) -> list[Later]:
    """Return the reasons for which contacts of a campaign are not due, each with the next and the last of them."""
    params = {"campaign_id": campaign_id, "zones": list(open_zones), "most": most}
    return [Later(*row) for row in tx.execute(_LATER, params)]


def next_held(tx: Connection, reasons: Iterable[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """Return when the next who is held is due, by (campaign id, reason), for those asked for; in one query."""
    asked = list(reasons)
    params = {"campaign_ids": [each[0] for each in asked], "reasons": [each[1] for each in asked]}
    return {(row.campaign_id, row.reason): row.due_at for row in tx.execute(_NEXT_HELD, params)}
