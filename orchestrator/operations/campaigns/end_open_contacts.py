"""Ends the contacts that are still open in campaigns that have ended, a batch at a time."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.store.sql.ended_campaigns import BATCH, end_batch, ended_with_open_contacts, wait_for_moves

_BATCHES_AT_ONCE = 200


def end_open_contacts(sql: Engine) -> int:
    """End contacts that were left open by a process that died, or in a very large campaign; return how many."""
    with sql.connect() as tx:
        ended = ended_with_open_contacts(tx)
    return sum(_end_some(sql, campaign_id) for campaign_id in ended)


def end_contacts_of(sql: Engine, campaign_id: str) -> None:
    """End the open contacts of a campaign whose end has been committed; of a huge one, the sweeper ends the rest."""
    with sql.begin() as tx:
        wait_for_moves(tx, campaign_id)
    if _end_some(sql, campaign_id) < _BATCHES_AT_ONCE * BATCH:
        with sql.begin() as tx:
            end_batch(tx, campaign_id, skip_locked=False)  # the few that were locked


def _end_some(sql: Engine, campaign_id: str) -> int:
    total = 0
    for _ in range(_BATCHES_AT_ONCE):
        with sql.begin() as tx:
            ended = end_batch(tx, campaign_id)
        total += ended
        if ended < BATCH:
            break
    return total
