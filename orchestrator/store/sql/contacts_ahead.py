"""Queries of a preflight: the contacts of a campaign page by page, and how long calls took lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, TextClause, text

from orchestrator.policy.guards.budget import DEFAULT_CURRENCY
from orchestrator.store.sql.listed_numbers import holds_for, standing
from orchestrator.store.sql.number_history import key_of
from orchestrator.store.sql.state_lists import IS_CLAIMABLE
from orchestrator.store.sql.tables import CALLING_US, COUNTED_DIALS

_LOOKED_BACK = timedelta(days=366)  # no rest is longer

_HAS_HISTORY = f"""
    EXISTS (SELECT 1 FROM calls d WHERE d.number_key = h.key AND d.{COUNTED_DIALS}
            AND (d.last_sent_at IS NULL OR d.last_sent_at > :since))
    OR EXISTS (SELECT 1 FROM consent_events e WHERE e.number_key = h.key)
    OR z.listed_on IS NOT NULL OR z.answers IS NOT NULL
    OR EXISTS (SELECT 1 FROM suppressions s WHERE s.phone = p.phone)
    OR EXISTS (SELECT 1 FROM lifted_suppressions s WHERE s.phone = p.phone AND s.lifted_at > :at)
    OR EXISTS (SELECT 1 FROM calls d WHERE d.from_number = p.phone AND d.{CALLING_US})
"""  # noqa: S608 built from constants
_NO_LISTS = "SELECT CAST(NULL AS text) AS listed_on, true AS is_allowed, CAST(NULL AS text) AS answers"


def _page(standing_on_lists: str) -> TextClause:
    # OFFSET 0 keeps the page what it is: a page's worth of rows, each with a few looks into an index.
    return text(
        f"""
        SELECT p.*, ({_HAS_HISTORY}) AS has_history, z.is_allowed
        FROM (
            SELECT c.id, c.phone, c.timezone, c.timezone_source, c.region, c.not_before, c.not_after, c.ignore_hours,
                c.status, c.reason, c.due_at, c.caller_id,
                c.attempts - coalesce((c.tally->>'unspent')::int, 0) AS attempts_spent, c.attempts_limit
            FROM contacts c WHERE c.campaign_id = :campaign_id AND c.id > :after ORDER BY c.id LIMIT :most OFFSET 0
        ) p JOIN campaigns k ON k.id = :campaign_id LEFT JOIN installation i ON true
            CROSS JOIN LATERAL (SELECT {key_of("p.phone", "i")} AS key OFFSET 0) h
            CROSS JOIN LATERAL ({standing_on_lists}) z
        ORDER BY p.id
        """  # noqa: S608 built from constants
    )


_PAGE, _PAGE_WITHOUT_LISTS = _page(standing("p.phone", "k")), _page(_NO_LISTS)
_SOME_OPEN = text(
    f"SELECT id FROM contacts WHERE campaign_id = :campaign_id AND {IS_CLAIMABLE} LIMIT :most"  # noqa: S608
)
_LATELY = text(
    """
    WITH newest AS (
        SELECT ended_at - dialed_at AS took,
            CASE WHEN cost->>'total_cost' ~ '^[0-9]+(\\.[0-9]+)?$' THEN (cost->>'total_cost')::numeric END AS cost,
            nullif(cost->'cost_parts'->0->>'currency', '') AS currency
        FROM calls WHERE ended_at IS NOT NULL AND direction = 'outbound' AND dialed_at IS NOT NULL
        ORDER BY ended_at DESC LIMIT :most)
    SELECT count(took) AS calls, avg(extract(epoch FROM took))::float AS seconds,
        avg(cost) FILTER (WHERE coalesce(currency, said.it) = said.it) AS cost, said.it AS currency
    FROM (SELECT coalesce(CAST(:currency AS text), mode() WITHIN GROUP (ORDER BY currency), :default) AS it
          FROM newest) said LEFT JOIN newest ON true GROUP BY said.it
    """
)


_LISTS = text(
    f"""
    SELECT l.name, l.kind, l.as_of, l.max_age_s, l.regions FROM lists l JOIN campaigns k ON k.id = :campaign_id
    WHERE {holds_for("k")} ORDER BY l.kind, l.name
    """  # noqa: S608
)


class ListInForce(NamedTuple):
    """A list that a campaign asks: its kind, the date of its copy, how old that may be, in s, and where it counts."""

    name: str
    kind: str
    as_of: datetime | None
    max_age_s: int | None
    regions: Sequence[str] = ()


class CallsLately(NamedTuple):
    """How many of the newest calls were looked at, how long they took and cost on average; None where none is known.

    What was billed in another currency than `currency` is left out of the cost.
    """

    calls: int
    seconds: float | None
    cost: Decimal | None
    currency: str


def contacts_after(
    tx: Connection, campaign_id: str, contact_id: str, *, at: datetime, limit: int, asks_lists: bool
) -> Sequence[RowMapping]:
    """Return the next contacts of a campaign by their ids, with what the gate looks at of the contact itself.

    `has_history` says that something is known of the number: a dial of the last year, an opt-out, a consent, a list
    of the campaign, a call to us. `is_allowed` says that its allow list holds it.
    """
    params = {"campaign_id": campaign_id, "after": contact_id, "most": limit, "at": at, "since": at - _LOOKED_BACK}
    return tx.execute(_PAGE if asks_lists else _PAGE_WITHOUT_LISTS, params).mappings().all()


def some_open(tx: Connection, campaign_id: str, *, limit: int) -> list[str]:
    """Return the ids of contacts of a campaign that are not done, up to `limit`."""
    return list(tx.execute(_SOME_OPEN, {"campaign_id": campaign_id, "most": limit}).scalars())


def lists_of(tx: Connection, campaign_id: str) -> list[ListInForce]:
    """Return the lists that hold for a campaign."""
    return [ListInForce(*row) for row in tx.execute(_LISTS, {"campaign_id": campaign_id})]


def read_calls_lately(tx: Connection, *, currency: str | None = None, limit: int = 1_000) -> CallsLately:
    """Return what the newest calls of this installation took, and cost in `currency`; None: in that of most of them."""
    params = {"most": limit, "currency": currency, "default": DEFAULT_CURRENCY}
    return CallsLately(*tx.execute(_LATELY, params).one())
