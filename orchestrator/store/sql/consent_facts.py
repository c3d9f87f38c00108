"""What is on record of a number's consents, as SQL that other statements hold: one lookup by index each."""

from __future__ import annotations

# Of the row `k` of `campaigns`.
_PURPOSE = "coalesce({k}.purpose, 'informational')"
_ASKED_PURPOSES = f"""CASE jsonb_typeof({{k}}.consent->'purposes') WHEN 'array' THEN {{k}}.consent->'purposes'
    ELSE jsonb_build_array({_PURPOSE}) END"""
_REVOKED = "e.act = 'revoked' AND (e.scope = 'all' OR lower(e.subject) = lower(coalesce({k}.subject, {k}.name)))"
# One whose words were erased proves nothing any more; a revocation needs none.
_GIVEN = "e.act = 'given' AND e.phone IS NOT NULL AND (e.expires_at IS NULL OR e.expires_at > {at})"
_IS_FOR_IT = f"e.purposes @> jsonb_build_array({_PURPOSE})"
_IS_ASKED_FOR = f"e.purposes @> {_ASKED_PURPOSES} AND (e.kind = 'written' OR {{k}}.consent->>'require' = 'express')"


def consent_moments(number_key: str, *, campaign: str = "k", at: str = "clock_timestamp()", known: str = "true") -> str:
    """Return the SQL that tells of a number, for a row of `campaigns`, when it last revoked and last consented.

    `revoked_at` is of revocations that cover the campaign, `consented_at` of consents to its purpose that hold `at`
    that moment, `required_consent_at` of those that are what the campaign asks for; all of rows `e` that are `known`.
    """
    given = _GIVEN.format(at=at)
    return f"""
        SELECT max(e.at) FILTER (WHERE {_REVOKED.format(k=campaign)}) AS revoked_at,
            max(e.at) FILTER (WHERE {given} AND {_IS_FOR_IT.format(k=campaign)}) AS consented_at,
            max(e.at) FILTER (WHERE {given} AND {_IS_ASKED_FOR.format(k=campaign)}) AS required_consent_at
        FROM consent_events e WHERE e.number_key = {number_key} AND {known}
    """  # noqa: S608 built from constants


def is_revoked(number_key: str, *, campaign: str = "k") -> str:
    """Return the SQL of whether a person has revoked the calls of a campaign, and not consented since."""
    return f"""(SELECT coalesce(m.revoked_at >= coalesce(m.consented_at, '-infinity'), false)
        FROM ({consent_moments(number_key, campaign=campaign)}) m)"""  # noqa: S608 built from constants
