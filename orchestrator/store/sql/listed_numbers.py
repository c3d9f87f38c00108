"""SQL that says which of a campaign's lists hold a number: by its digits and its prefixes, each found by the index."""

from __future__ import annotations

from sqlalchemy import Connection, text

from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.purposes import DEFAULT_PURPOSE
from orchestrator.store.sql.consent_facts import consent_moments
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

    `is_allowed` says whether the campaign's allow list holds it, `reassigned_at` when an answer was last given that it
    went to somebody else, and `answers` are all of these (`stored_answers`). A registry that holds a number counts
    wherever the number belongs.
    """
    return f"""
        SELECT min(l.name) FILTER (WHERE l.kind IN ('suppress', 'registry')) AS listed_on,
            coalesce(bool_or(l.kind = 'allow'), false) AS is_allowed,
            max(found.checked_at) FILTER (WHERE l.kind = 'reassigned' AND found.result = 'yes') AS reassigned_at,
            (jsonb_agg(jsonb_build_array(l.name, found.result, found.since, found.checked_at, l.max_age_s)
                ORDER BY l.name) FILTER (WHERE l.kind = 'reassigned'))::text AS answers
        {lists_with(number, where=holds_for(campaign))}
    """


def is_listed(number: str, campaign: str, *, number_key: str) -> str:
    """Return the condition that a list of the row `campaign` of `campaigns` keeps a number from ever being dialed."""
    return f"(SELECT {_is_refused(campaign, number_key)} FROM ({standing(number, campaign)}) z)"  # noqa: S608 built from constants


def is_kept_out(number: str, campaign: str, *, number_key: str) -> str:
    """Return the condition that the lists of the row `campaign` of `campaigns` do not let a number be dialed now."""
    return f"""(SELECT {_is_refused(campaign, number_key)} OR {_is_left_out(campaign)}
        FROM ({standing(number, campaign)}) z)"""  # noqa: S608 built from constants


def is_left_out(number: str, campaign: str) -> str:
    """Return the condition that the row `campaign` of `campaigns` has an allow list, and a number is not on it."""
    return f"(SELECT {_is_left_out(campaign)} FROM ({standing(number, campaign)}) z)"  # noqa: S608 built from constants


def _is_left_out(campaign: str) -> str:
    return f"({campaign}.lists->>'allow' IS NOT NULL AND NOT z.is_allowed)"


def _is_refused(campaign: str, number_key: str) -> str:
    """Return the condition, of a row `z` of `standing`, that the gate never lets such a number be dialed."""
    return f"""(z.listed_on IS NOT NULL OR CASE WHEN z.reassigned_at IS NULL THEN false ELSE (
        SELECT coalesce(CASE WHEN coalesce({campaign}.consent->>'require', '{RequiredConsent.NONE}')
                = '{RequiredConsent.NONE}' THEN m.consented_at ELSE m.required_consent_at END <= z.reassigned_at, true)
        FROM ({consent_moments(number_key, campaign=campaign)}) m) END)"""  # noqa: S608 built from constants


# All registries, for each row alike: read once in a statement.
REGISTRIES = """
    (SELECT jsonb_agg(jsonb_build_array(name, regions, purposes, as_of, max_age_s) ORDER BY name)::text
     FROM lists WHERE kind = 'registry')
"""
_KEPT_OUT = text(
    f"""
    SELECT k.id FROM calls k JOIN campaigns g ON g.id = k.campaign_id
    WHERE {NUMBER_GUARD} AND {is_kept_out("k.to_number", "g", number_key="k.number_key")}
    """  # noqa: S608 built from constants
)


def open_calls_kept_out(tx: Connection) -> list[str]:
    """Return the ids of calls under way whose campaign's lists would not let their number be dialed now."""
    return list(tx.execute(_KEPT_OUT).scalars())
