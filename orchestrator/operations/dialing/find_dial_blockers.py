"""Finds out what keeps running campaigns from their next dial: a stop, the rate, the channels, a closed carrier."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import redis
from sqlalchemy import Engine

from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.policy.first_calls import FIRST_CALLS, is_heard_since
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.own_pace import LATE_AT_MOST
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Health, Room, read_health, read_room
from orchestrator.store.sql.campaigns import running_paces
from orchestrator.store.sql.dialing_stop import read_stop

log = logging.getLogger(__name__)

_CATCHING_UP, _FIRST_WEBHOOK = Room(Reason.CATCHING_UP, 0.0), Room(Reason.FIRST_WEBHOOK, 0.0)
_BEHIND_THE_FIRST_CALLS = (None, Reason.RATE, Reason.NO_CAPACITY)


def find_room_to_dial(
    campaign_ids: Collection[str], *, sql: Engine, client: redis.Redis, keys: Keys
) -> Mapping[str, Room]:
    """Return the room of those of these campaigns that run; of none when Redis cannot say it."""
    with sql.connect() as tx:
        rows = running_paces(tx, campaign_ids) if campaign_ids else []
        is_stopped = bool(rows) and read_stop(tx) is not None
    return room_within(rows, is_stopped=is_stopped, client=client, keys=keys)


def room_within(rows: Sequence[Any], *, is_stopped: bool, client: redis.Redis, keys: Keys) -> Mapping[str, Room]:
    """Return the room of running campaigns, whose limits `rows` are; of none when Redis cannot say it."""
    if is_stopped:
        return {row.id: Room(Reason.DIALING_STOPPED, 0.0) for row in rows}
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
