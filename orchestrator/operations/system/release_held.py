"""Releases whom the caps and rests of everybody held before they were changed, also after a crash in between."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.policy.hold_reasons import HELD_BY_CAPS
from orchestrator.store.sql.campaigns import list_open_campaigns, lock_campaign
from orchestrator.store.sql.held_contacts import release_holds
from orchestrator.store.sql.installation_policy import change_to_release, mark_released


def release_held_by_caps(sql: Engine) -> None:
    """Release the contacts of all open campaigns that caps and rests hold, where these have changed. Safe to repeat.

    Campaign by campaign: of a large one there may be a million. Its row is locked, so that two who do this at once do
    not wait for each other's contacts in a circle.
    """
    with sql.connect() as tx:
        change_id = change_to_release(tx)
        campaign_ids = list_open_campaigns(tx) if change_id is not None else []
    for campaign_id in campaign_ids:
        with sql.begin() as tx:
            lock_campaign(tx, campaign_id)
            release_holds(tx, [campaign_id], HELD_BY_CAPS)
    if change_id is not None:
        with sql.begin() as tx:
            mark_released(tx, change_id)
