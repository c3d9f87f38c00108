"""Counts the first calls of a campaign, as SQL."""

from __future__ import annotations

from typing import Final

from orchestrator.model.attempt_state import AttemptState
from orchestrator.policy.first_calls import FIRST_CALLS
from orchestrator.store.sql.state_lists import one_of

_NOT_YET_ACCEPTED: Final = one_of((AttemptState.RESERVED, AttemptState.DIALING, AttemptState.UNKNOWN))


def first_calls(campaign: str) -> str:
    """Return how many calls the row `campaign` of `campaigns` has made without hearing a webhook; 0 once it has.

    No more are counted than it may make.
    """
    return f"""
        CASE WHEN {campaign}.heard_webhooks OR {campaign}.kind = 'direct' THEN 0 ELSE
            (SELECT count(*) FROM (SELECT 1 FROM calls k WHERE k.campaign_id = {campaign}.id
             AND k.reserved_at >= {campaign}.proving_since
             AND (k.state IN {_NOT_YET_ACCEPTED} OR k.accepted_at IS NOT NULL)
             ORDER BY k.reserved_at LIMIT {FIRST_CALLS}) f)
            END
    """  # noqa: S608 built from constants
