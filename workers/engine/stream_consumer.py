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

LEFT_BEHIND_MS = 5_000  # entries of a consumer that may have died are taken over after this
FORGET_AFTER_MS = 3_600_000
_BATCH = 200
_CLAIM_EVERY_S = 1.0
_TAKE_OVER_FOR_S = 10.0  # with a store that does not even refuse, each entry may take seconds to fail
_DEATHS = 5


class Consumer:
    """One consumer of one stream; an entry stays its own until the handler's commit acknowledges it.

    What processes of this host had taken before they died is taken over at once: people on the line wait for it.
    """

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
        is_first, self._claimed_at = self._claimed_at == float("-inf"), time.monotonic()
        entries = self._of_the_dead() if is_first else []
        # Of a process that is only slow, too. Both handle the entry then, and one of them has an effect: a commit of an
        # event names the state it was decided on (R11), a record is read and written behind the lock of its row (R18).
        entries += self._redis.xautoclaim(self._stream, GROUP, self._name, self._left_behind_ms, count=_BATCH)[1]
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

    def _of_the_dead(self) -> list[RawEntry]:
        """Take over the entries of consumers whose processes are gone.

        Where containers share a host's name, one that lives may be taken for dead: its entries are then decided twice,
        and committed once, as when they are taken over from one that is slow.
        """
        entries: list[RawEntry] = []
        for consumer in self._redis.xinfo_consumers(self._stream, GROUP):
            if consumer["pending"] and _is_dead(consumer["name"].decode()):
                of = {"count": _BATCH, "consumername": consumer["name"]}
                ids = [each["message_id"] for each in self._redis.xpending_range(self._stream, GROUP, "-", "+", **of)]
                entries += self._redis.xclaim(self._stream, GROUP, self._name, 0, ids) if ids else []
        return entries

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


def _is_dead(name: str) -> bool:
    """Return whether the consumer was one of a process of this host that is no more."""
    host, _, pid = name.rpartition("-")[0].rpartition("-")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # a process before this one, which had its number in a container: this one has just begun
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is somebody else's
    return False


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
