"""Finds out what keeps running campaigns from their next dial: a stop, the rate, the channels, a closed carrier."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import redis
from sqlalchemy import Engine

from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.own_pace import LATE_AT_MOST
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Room, read_health, read_room
from orchestrator.store.sql.campaigns import running_paces
from orchestrator.store.sql.dialing_stop import read_stop

log = logging.getLogger(__name__)

_CATCHING_UP = Room(Reason.CATCHING_UP, 0.0)


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
        busy = {
            each for each in {row.connection_id for row in rows} if read_health(client, keys, each).late > LATE_AT_MOST
        }
    except redis.RedisError as err:
        log.warning("why campaigns wait is not known: %s", in_words(err))
        return {}
    return {
        row.id: _CATCHING_UP if row.connection_id in busy and room.lacks is None else room
        for row, room in zip(rows, rooms, strict=True)
    }
