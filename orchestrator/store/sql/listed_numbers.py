"""SQL that says which of a campaign's lists hold a number: by its digits and its prefixes, each found by the index."""

from __future__ import annotations

from sqlalchemy import Connection, text

from orchestrator.policy.purposes import DEFAULT_PURPOSE
from orchestrator.store.sql.tables import NUMBER_GUARD


def holds_for(campaign: str) -> str:
    """Return the condition that the list `l` holds for the row `campaign` of `campaigns` (`CampaignLists`)."""
    return f"""
        CASE l.kind
            WHEN 'suppress' THEN jsonb_exists({campaign}.lists->'suppress', l.name)
            WHEN 'allow' THEN {campaign}.lists->>'allow' = l.name
            WHEN 'reassigned' THEN true
            ELSE CASE WHEN jsonb_typeof({campaign}.lists->'registry') = 'array'
                THEN jsonb_exists({campaign}.lists->'registry', l.name)
                ELSE coalesce({campaign}.lists->>'registry', 'auto') = 'auto' AND (
                    l.purposes = '{{}}' OR coalesce({campaign}.purpose, '{DEFAULT_PURPOSE}') = ANY(l.purposes)) END
        END
    """


def lists_with(number: str, *, where: str) -> str:
    """Return the FROM and WHERE of a query on the lists `l` whose content in force holds `number` as `p.number`.

    `found` is the answer that a list of kind reassigned has.
    """
    return f"""
        FROM lists l
            CROSS JOIN LATERAL (SELECT {number} AS number
                UNION ALL SELECT left({number}, n) || '*' FROM unnest(l.prefix_lengths) n) p
            CROSS JOIN LATERAL (
                SELECT e.result, e.since, e.checked_at FROM list_entries e
                WHERE e.content = l.content AND e.number = p.number LIMIT 1) found
        WHERE {where}
    """  # noqa: S608 built from constants


def standing(number: str, campaign: str) -> str:
    """Return a query of one row: `listed_on`, a list or registry of the campaign with the number, and more.

    `is_allowed` says whether the campaign's allow list holds it, `is_reassigned` whether an answer says that it went to
    somebody else, and `answers` are all of these (`stored_answers`). A registry that holds a number counts wherever the
    number belongs.
    """
    return f"""
        SELECT min(l.name) FILTER (WHERE l.kind IN ('suppress', 'registry')) AS listed_on,
            coalesce(bool_or(l.kind = 'allow'), false) AS is_allowed,
            coalesce(bool_or(l.kind = 'reassigned' AND found.result = 'yes'), false) AS is_reassigned,
            (jsonb_agg(jsonb_build_array(l.name, found.result, found.since, found.checked_at, l.max_age_s)
                ORDER BY l.name) FILTER (WHERE l.kind = 'reassigned'))::text AS answers
        {lists_with(number, where=holds_for(campaign))}
    """


def is_listed(number: str, campaign: str) -> str:
    """Return the condition that a list of the row `campaign` of `campaigns` keeps a number from being dialed."""
    return f"(SELECT z.listed_on IS NOT NULL FROM ({standing(number, campaign)}) z)"  # noqa: S608 built from constants


# All registries, for each row alike: read once in a statement.
REGISTRIES = """
    (SELECT jsonb_agg(jsonb_build_array(name, regions, purposes, as_of, max_age_s) ORDER BY name)::text
     FROM lists WHERE kind = 'registry')
"""
_KEPT_OUT = text(
    f"""
    SELECT k.id FROM calls k JOIN campaigns g ON g.id = k.campaign_id
        CROSS JOIN LATERAL ({standing("k.to_number", "g")}) z
    WHERE {NUMBER_GUARD} AND (z.listed_on IS NOT NULL OR z.is_reassigned
        OR (g.lists->>'allow' IS NOT NULL AND NOT z.is_allowed))
    """  # noqa: S608
)


def open_calls_kept_out(tx: Connection) -> list[str]:
    """Return the ids of calls under way whose campaign's lists would not let their number be dialed now."""
    return list(tx.execute(_KEPT_OUT).scalars())
