"""Finds out what keeps campaigns from their next dial: a stop, a pause, the rate, the channels, a closed carrier."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import redis
from sqlalchemy import Engine

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.policy.first_calls import FIRST_CALLS, is_heard_since
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.own_pace import LATE_AT_MOST
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Health, Room, read_health, read_room
from orchestrator.store.sql.campaigns import not_started_or_paused, running_paces
from orchestrator.store.sql.dialing_stop import read_stop

log = logging.getLogger(__name__)

_STOPPED = Room(Reason.DIALING_STOPPED, 0.0)
_CATCHING_UP, _FIRST_WEBHOOK = Room(Reason.CATCHING_UP, 0.0), Room(Reason.FIRST_WEBHOOK, 0.0)
_BEHIND_THE_FIRST_CALLS = (None, Reason.RATE, Reason.NO_CAPACITY)


def find_room_to_dial(
    campaign_ids: Collection[str], *, sql: Engine, client: redis.Redis, keys: Keys
) -> Mapping[str, Room]:
    """Return the room of those of these campaigns that run, of no running one when Redis cannot say it.

    Those that are paused, or have not been started, lack just that.
    """
    if not campaign_ids:
        return {}
    with sql.connect() as tx:
        rows, others = running_paces(tx, campaign_ids), not_started_or_paused(tx, campaign_ids)
        is_stopped = bool(rows or others) and read_stop(tx) is not None
    idle = {row.id: _STOPPED if is_stopped else _idle(row) for row in others}
    return {**room_within(rows, is_stopped=is_stopped, client=client, keys=keys), **idle}


def _idle(campaign: Any) -> Room:
    """Return what a campaign lacks that does not run."""
    if campaign.status == CampaignStatus.PAUSED:
        return Room(Reason.CAMPAIGN_PAUSED, 0.0, because=(campaign.status_reason or {}).get("detail", ""))
    is_scheduled = campaign.status == CampaignStatus.SCHEDULED and campaign.starts_in_s is not None
    return Room(Reason.CAMPAIGN_NOT_STARTED, max(0.0, float(campaign.starts_in_s)) if is_scheduled else 0.0)


def room_within(rows: Sequence[Any], *, is_stopped: bool, client: redis.Redis, keys: Keys) -> Mapping[str, Room]:
    """Return the room of running campaigns, whose limits `rows` are; of none when Redis cannot say it."""
    if is_stopped:
        return dict.fromkeys((row.id for row in rows), _STOPPED)
    rate_limits = [
        (
            account_rate_limit(
                row.connection_id, calls_per_second=row.calls_per_second, max_live_calls=row.max_live_calls
            ),
            campaign_rate_limit(row.id, row.pacing),
        )
        for row in rows
    ]
    try:
        rooms = read_room(client, keys, rate_limits)
        health = {each: read_health(client, keys, each) for each in {row.connection_id for row in rows}}
    except redis.RedisError as err:
        log.warning("why campaigns wait is not known: %s", in_words(err))
        return {}
    return {row.id: _behind(room, row, health[row.connection_id]) for row, room in zip(rows, rooms, strict=True)}


def _behind(room: Room, row: Any, health: Health) -> Room:
    """Return what keeps a campaign from dialing that the rate and the channels do not say, or else what they do."""
    is_heard = is_heard_since(row.proving_since, last_webhook_ms=health.last_webhook_ms)
    if room.lacks in _BEHIND_THE_FIRST_CALLS and row.first_calls >= FIRST_CALLS and not is_heard:
        return _FIRST_WEBHOOK
    return _CATCHING_UP if room.lacks is None and health.late > LATE_AT_MOST else room
