"""Compares the leases of channels with the attempts that are not over, both ways (R8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import redis
from sqlalchemy import Engine
from ulid import ULID

from orchestrator.clock import Clock, utc_now
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_AFTER_RECORD_S, expire_live_state
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import raise_errors
from orchestrator.store.sql.channel_holders import list_attempts_with_channel, list_campaigns_with_channels
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S

YOUNGER_THAN_S = 30  # is left alone: its claim may not have committed yet


def reconcile_channels(
    sql: Engine, client: redis.Redis, keys: Keys, *, connection_id: str, clock: Clock = utc_now
) -> tuple[int, int]:
    """Free channels whose attempt is over, take those an attempt is missing; return (freed, taken).

    Reads only the campaigns that may dial or have attempts, or just had some: the leases of others hinder nobody and
    expire. Attempts that are `unknown` keep their channel until they are resolved.
    """
    with sql.connect() as tx:
        # The members are read first: an attempt claimed in between is in SQL, and young in any case.
        names = [connection_id, *list_campaigns_with_channels(tx, connection_id)]
        members = dict(zip(names, _members(client, keys, names), strict=True))
        rows = list_attempts_with_channel(tx, connection_id)
    wanted: dict[str, dict[str, float]] = {scope: {} for scope in members}
    for row in rows:
        lease = row.reserved_at + timedelta(seconds=row.ring_limit_s + row.talk_limit_s + DEADLINE_SLACK_S)
        for scope in (connection_id, row.campaign_id):
            wanted.setdefault(scope, {})[row.id] = lease.timestamp() * 1000
    now = clock()
    freed = sum(_free(client, keys, scope, _old(members[scope] - set(wanted[scope]), now)) for scope in members)
    taken = sum(_take(client, keys, scope, wanted[scope], members.get(scope, set())) for scope in wanted)
    return freed, taken


def _members(client: redis.Redis, keys: Keys, scopes: Sequence[str]) -> list[set[str]]:
    answers = round_trip(client, [("ZRANGE", keys.slots(scope), 0, -1) for scope in scopes])
    raise_errors(answers)
    return [{member.decode() for member in members} for members in answers]


def _old(call_ids: Iterable[str], now: datetime) -> list[str]:
    young = timedelta(seconds=YOUNGER_THAN_S)
    # One from the future is old: the clock has stepped back since.
    return [call_id for call_id in call_ids if abs(now - ULID.from_str(call_id.removeprefix("call_")).datetime) > young]


def _free(client: redis.Redis, keys: Keys, scope: str, call_ids: list[str]) -> int:
    if not call_ids:
        return 0
    expire_live_state(
        client, keys, call_ids, after_s=KEEP_AFTER_RECORD_S
    )  # the process that released or finalized them died before this
    return int(client.zrem(keys.slots(scope), *call_ids))


def _take(client: redis.Redis, keys: Keys, scope: str, wanted: dict[str, float], members: set[str]) -> int:
    missing = {cid: wanted[cid] for cid in set(wanted) - members}
    return int(client.zadd(keys.slots(scope), missing, nx=True) or 0) if missing else 0
