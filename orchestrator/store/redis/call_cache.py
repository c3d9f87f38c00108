"""What this process committed last of the calls it advanced: the next event of a call need not load it again."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Found, Loaded, load_many

_KEPT = 4_096


class CallCache:
    """Live calls by id, most of them without a question to Redis; whether one still holds is said by its commit.

    A commit names the version it was decided on, and no two states of a call ever share a version: not even when Redis
    has gone back to an earlier one and another engine has gone on from there.
    """

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._calls: dict[str, Loaded] = {}

    def load(self, call_ids: Sequence[str]) -> list[Found]:
        """Return each call as `load_many` does; asks Redis, in one round trip, for those unknown."""
        unknown = [call_id for call_id in call_ids if call_id not in self._calls]
        loaded = dict(zip(unknown, load_many(self._redis, self._keys, unknown), strict=True))
        return [self._calls.get(call_id) or loaded.get(call_id) for call_id in call_ids]

    def keep(self, version: int, call: LiveCall) -> None:
        """Remember what a commit has just made of a call; one whose record is written needs no memory."""
        self._calls.pop(call.call_id, None)
        if call.settled:
            return
        if len(self._calls) >= _KEPT:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call.call_id] = Loaded(version, call)

    def forget(self, call_id: str) -> None:
        """Load this call the next time: somebody else has advanced it, or Redis has lost it."""
        self._calls.pop(call_id, None)
