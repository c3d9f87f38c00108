"""Compares the leases of channels with the attempts that are not over, both ways (R8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import redis
from sqlalchemy import Engine, text
from ulid import ULID

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_AFTER_RECORD_S, let_go
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import raise_errors
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import NUMBER_GUARD

YOUNGER_THAN_S = 30  # is left alone: its claim may not have committed yet

_WITH_CHANNELS = one_of((CampaignStatus.RUNNING, CampaignStatus.PAUSED))
# A call that came in takes none of the channels that dials are counted by.
_OPEN = f"connection_id = :connection_id AND {NUMBER_GUARD}"
_OPEN_CALLS = text(
    f"SELECT id, campaign_id, ring_limit_s, talk_limit_s, reserved_at FROM calls WHERE {_OPEN}"  # noqa: S608 ours
)
_MAY_HOLD = text(
    f"""
    SELECT id FROM campaigns WHERE connection_id = :connection_id AND status IN {_WITH_CHANNELS}
    UNION SELECT campaign_id FROM calls WHERE {_OPEN}
    """  # noqa: S608 a constant of ours
)


def reconcile_channels(sql: Engine, client: redis.Redis, keys: Keys, *, connection_id: str) -> tuple[int, int]:
    """Free channels whose attempt is over, take those an attempt is missing; return (freed, taken).

    Looks at the campaigns that may dial or have attempts, however many there ever were; what a campaign that has ended
    still holds stands in nobody's way, and expires. Attempts that are `unknown` keep their channel until judged.
    """
    with sql.connect() as tx:
        # The members are read first: an attempt claimed in between is in SQL, and young in any case.
        names = [connection_id, *tx.execute(_MAY_HOLD, {"connection_id": connection_id}).scalars()]
        members = dict(zip(names, _members(client, keys, names), strict=True))
        rows = tx.execute(_OPEN_CALLS, {"connection_id": connection_id}).all()
    wanted: dict[str, dict[str, float]] = {scope: {} for scope in members}
    for row in rows:
        lease = row.reserved_at + timedelta(seconds=row.ring_limit_s + row.talk_limit_s + DEADLINE_SLACK_S)
        for scope in (connection_id, row.campaign_id):
            wanted.setdefault(scope, {})[row.id] = lease.timestamp() * 1000
    freed = sum(_free(client, keys, scope, _old(members[scope] - set(wanted[scope]))) for scope in members)
    taken = sum(_take(client, keys, scope, wanted[scope], members.get(scope, set())) for scope in wanted)
    return freed, taken


def _members(client: redis.Redis, keys: Keys, scopes: Sequence[str]) -> list[set[str]]:
    answers = round_trip(client, [("ZRANGE", keys.slots(scope), 0, -1) for scope in scopes])
    raise_errors(answers)
    return [{member.decode() for member in members} for members in answers]


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
