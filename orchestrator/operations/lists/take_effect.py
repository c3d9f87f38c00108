"""Lets a change of a list take effect at once: on calls that ring, on sends under way, on contacts that wait for it."""

from __future__ import annotations

from functools import partial

import redis
from sqlalchemy import Engine

from orchestrator.operations.contacts.hang_up_suppressed import hang_up_at_once
from orchestrator.operations.dialing.drain_dials import wait_for_judgments, wait_for_sends
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import list_releases
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.listed_numbers import open_calls_kept_out
from orchestrator.store.sql.tables import calls
from orchestrator.store.timeouts import SWEEPING

_RELEASED_AT_ONCE = 500


def take_effect(*, sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Apply the lists as they are: once this has returned, nobody is dialed whom they keep out (R9).

    Comes after the commit of the change. What is reserved is judged again before it is sent; what rings is hung up.
    """
    hang_up_at_once(sql, client, keys)
    with sql.connect() as tx:
        kept_out = open_calls_kept_out(tx)
    if kept_out:
        wait_for_judgments(kept_out, sql=sql)
        wait_for_sends(calls.c.id.in_(kept_out), sql=sql)
    release_waiting(sql)


def release_waiting(sql: Engine) -> None:
    """Release the contacts that are held until a list changes, where one has; safe to repeat, and after a crash."""
    with sql.connect() as tx:
        changed = list_releases.lists_to_release(tx)
    for row in changed:
        with sql.connect() as tx:
            waiting = list_releases.campaigns_that_wait(tx, row.id)
        for campaign_id in waiting:
            _in_batches(sql, partial(list_releases.release_of_campaign, campaign_id=campaign_id, kind=row.kind))
        with sql.begin() as tx:
            list_releases.mark_released(tx, row.id, changed_at=row.updated_at)


def _in_batches(sql: Engine, release: partial[int]) -> None:
    moved = _RELEASED_AT_ONCE
    while moved == _RELEASED_AT_ONCE:
        with sql.begin() as tx:
            allow(tx, SWEEPING)
            moved = release(tx, most=_RELEASED_AT_ONCE)
