"""Compares the leases of channels with the attempts that are not over, both ways (R8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from sqlalchemy import Engine, select
from ulid import ULID

from orchestrator.store.keys import Keys
from orchestrator.store.ledger import DEADLINE_SLACK_S
from orchestrator.store.live import KEEP_AFTER_RECORD_S, let_go
from orchestrator.store.tables import calls, campaigns

YOUNGER_THAN_S = 30  # is left alone: its claim may not have committed yet


def reconcile_channels(sql: Engine, client: redis.Redis, keys: Keys, *, connection_id: str) -> tuple[int, int]:
    """Free channels whose attempt is over, take those an attempt is missing; return (freed, taken).

    Attempts that are `unknown` keep their channel until they are judged.
    """
    open_calls = select(
        calls.c.id, calls.c.campaign_id, calls.c.ring_limit_s, calls.c.talk_limit_s, calls.c.reserved_at
    )
    not_over = calls.c.state.in_(("reserved", "dialing", "accepted")) | (
        (calls.c.state == "unknown") & calls.c.disposition.is_(None)
    )
    with sql.connect() as connection:
        # The members are read first: an attempt claimed in between is in SQL, and young in any case.
        names = list(
            connection.execute(select(campaigns.c.id).where(campaigns.c.connection_id == connection_id)).scalars()
        )
        members = {scope: _members(client, keys, scope) for scope in (connection_id, *names)}
        # A call that came in takes none of the channels that dials are counted by.
        dialed = (calls.c.connection_id == connection_id) & (calls.c.direction == "outbound")
        rows = connection.execute(open_calls.where(not_over, dialed)).all()
    wanted: dict[str, dict[str, float]] = {scope: {} for scope in members}
    for row in rows:
        lease = row.reserved_at + timedelta(seconds=row.ring_limit_s + row.talk_limit_s + DEADLINE_SLACK_S)
        for scope in (connection_id, row.campaign_id):
            wanted.setdefault(scope, {})[row.id] = lease.timestamp() * 1000
    freed = sum(_free(client, keys, scope, _old(members[scope] - set(wanted[scope]))) for scope in members)
    taken = sum(_take(client, keys, scope, wanted[scope], members.get(scope, set())) for scope in wanted)
    return freed, taken


def _members(client: redis.Redis, keys: Keys, scope: str) -> set[str]:
    members: Any = client.zrange(keys.slots(scope), 0, -1)
    return {member.decode() for member in members}


def _old(call_ids: Iterable[str]) -> list[str]:
    limit = datetime.now(UTC) - timedelta(seconds=YOUNGER_THAN_S)  # noqa: TID251 against the time in the id itself
    return [call_id for call_id in call_ids if ULID.from_str(call_id.removeprefix("call_")).datetime < limit]


def _free(client: redis.Redis, keys: Keys, scope: str, call_ids: list[str]) -> int:
    if not call_ids:
        return 0
    let_go(
        client, keys, call_ids, after_s=KEEP_AFTER_RECORD_S
    )  # whoever withdrew or settled them died before letting them go
    return int(client.zrem(keys.slots(scope), *call_ids))


def _take(client: redis.Redis, keys: Keys, scope: str, wanted: dict[str, float], members: set[str]) -> int:
    missing = {cid: wanted[cid] for cid in set(wanted) - members}
    return int(client.zadd(keys.slots(scope), missing, nx=True) or 0) if missing else 0
