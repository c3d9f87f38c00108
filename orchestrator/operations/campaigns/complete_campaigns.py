"""Moves campaigns and contacts whose time has come: to running, to expired, to completed (R22)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Row

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.store.sql import due_campaigns
from orchestrator.store.sql.campaigns import complete, start_scheduled
from orchestrator.store.sql.dial_checks import hours_of
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.due_campaigns import lock_finished
from orchestrator.store.sql.ended_campaigns import end_batch

log = logging.getLogger(__name__)

_BATCHES_AT_ONCE = 25


def complete_campaigns(sql: Engine) -> list[str]:
    """Make the transitions that are due, some thousands of contacts at a time; return the campaigns that completed."""
    with sql.begin() as tx:
        start_scheduled(tx)
        ending = due_campaigns.campaigns_past_their_end(tx)
        zones = _zones_of_unknown_time(tx)
    _in_batches(sql, due_campaigns.expire_late_contacts)
    for campaign_id in ending:
        _in_batches(sql, partial(due_campaigns.expire_contacts_of, campaign_id=campaign_id))
    for campaign_id, zone, hours in zones:
        _in_batches(sql, partial(due_campaigns.hold_zone, campaign_id=campaign_id, zone=zone, hours=hours))
    with sql.begin() as tx:
        finished = lock_finished(tx)
        _complete(tx, finished)
    return finished


def _in_batches(sql: Engine, move: Callable[[Connection], int]) -> None:
    """Repeat a move of contacts, each batch in a transaction of its own, until a batch is not full."""
    for _ in range(_BATCHES_AT_ONCE):
        with sql.begin() as tx:
            moved = move(tx)
        if moved < due_campaigns.BATCH:
            return


def _zones_of_unknown_time(tx: Connection) -> list[tuple[str, str, str]]:
    """Return (campaign, zone, calling hours) of contacts that wait where the local time is not known.

    They are held until the contact or the campaign gets a time zone (§7).
    """
    now = database_now(tx)
    rows = due_campaigns.zones_of_running_campaigns(tx)
    unknown = [row for row in rows if _is_zone_unknown(row, now)]
    hours = {row.campaign_id: row.hours for row in unknown}
    found = due_campaigns.zones_with_waiting_contacts(tx, unknown)
    return [(row.campaign_id, row.zone, hours[row.campaign_id]) for row in found]


def _is_zone_unknown(row: Row[Any], now: datetime) -> bool:
    try:
        return is_zone_unknown(hours_of(row.hours), row.zone, now)
    except ValidationError as err:  # of a newer version; its own fault alone
        log.warning("the hours of campaign %s cannot be read: %s", row.campaign_id, type(err).__name__)
        return False


def _complete(tx: Connection, finished: Sequence[str]) -> None:
    """Complete campaigns that the caller has locked; contacts that are held for ever will not be called (R22)."""
    if not finished:
        return
    complete(tx, finished)
    for campaign_id in finished:
        end_batch(tx, campaign_id)  # of a huge one, the sweeper ends the rest
