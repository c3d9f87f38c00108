"""Reads a stream as one of its group's consumers: what is new in batches, what was left behind one by one."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis
from sqlalchemy.exc import SQLAlchemyError
from ulid import ULID

from orchestrator.store.redis.event_streams import (
    bury,
    count_failure,
    ensure_groups,
    forgive_failure,
    read_new,
    streams_of,
)
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.timeouts import REDIS_BLOCK_MS

RawEntry = tuple[bytes, Mapping[bytes, bytes]]

LEFT_BEHIND_MS = 5_000  # entries of a consumer that died are taken over after this
FORGET_AFTER_MS = 3_600_000
_BATCH = 200
_CLAIM_EVERY_S = 1.0
_TAKE_OVER_FOR_S = 10.0  # with a store that does not even refuse, each entry may take seconds to fail
_DEATHS = 5


class Consumer:
    """One consumer of one stream; an entry stays its own until the handler's commit acknowledges it."""

    def __init__(
        self,
        client: redis.Redis,
        stream: str,
        handle: Callable[[Sequence[RawEntry]], object],
        *,
        keys: Keys,
        left_behind_ms: int = LEFT_BEHIND_MS,
    ) -> None:
        self._redis: Any = client  # the stubs of the stream commands do not know what they return
        self._stream = stream
        self._handle = handle
        self._keys = keys
        self._left_behind_ms = left_behind_ms
        self._name = f"{socket.gethostname()}-{os.getpid()}-{ULID()}"
        self._claimed_at = float("-inf")

    def consume(self) -> None:
        """Handle what was left behind, then what is new; waits up to a second for it."""
        try:
            self._take_over()
            new = read_new(self._redis, self._stream, self._name, most=_BATCH, wait_ms=REDIS_BLOCK_MS)
        except redis.ResponseError as err:
            if "NOGROUP" not in str(err):
                raise
            ensure_groups(self._redis, self._keys)  # Redis came back empty
            return
        if new:
            self._handle(new)

    def retire(self) -> None:
        """Leave the group, if nothing is left that only its pending list knows of."""
        pending = self._redis.xpending_range(self._stream, GROUP, "-", "+", 1, consumername=self._name)
        if not pending:
            self._redis.xgroup_delconsumer(self._stream, GROUP, self._name)

    def _take_over(self) -> None:
        if time.monotonic() - self._claimed_at < _CLAIM_EVERY_S:
            return
        self._claimed_at = time.monotonic()
        _, entries, _ = self._redis.xautoclaim(self._stream, GROUP, self._name, self._left_behind_ms, count=_BATCH)
        failure: Exception | None = None
        for entry in entries:
            try:
                self._take_alone(entry)
            except (redis.RedisError, SQLAlchemyError) as err:
                failure = err  # the others behind it are taken all the same
                if time.monotonic() - self._claimed_at > _TAKE_OVER_FOR_S:
                    break
        if failure:
            raise failure

    def _take_alone(self, entry: RawEntry) -> None:
        """Handle one entry that was delivered before; one that ends its process again and again is buried (R19)."""
        mark = f"died:{entry[0].decode()}"
        if count_failure(self._redis, self._keys, mark) > _DEATHS:
            why = f"{_DEATHS} processes ended while they handled it"
            bury(self._redis, self._stream, entry_id=entry[0].decode(), fields=entry[1], keys=self._keys, why=why)
            forgive_failure(self._redis, self._keys, mark)
            return
        try:
            self._handle([entry])
        finally:
            forgive_failure(self._redis, self._keys, mark)


def forget_dead_consumers(client: redis.Redis, keys: Keys, *, idle_ms: int = FORGET_AFTER_MS) -> int:
    """Remove consumers that have been silent for long and hold nothing; return how many."""
    reader: Any = client
    removed = 0
    for stream in streams_of(keys).values():
        for consumer in reader.xinfo_consumers(stream, GROUP):
            if consumer["pending"] == 0 and consumer["idle"] > idle_ms:
                removed += 1
                reader.xgroup_delconsumer(stream, GROUP, consumer["name"])
    return removed
