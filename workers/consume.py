"""Reads a stream as one of its group's consumers: what is new in batches, what was left behind one by one."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis
from ulid import ULID

from orchestrator.store.keys import GROUP, Keys
from orchestrator.store.streams import ensure_groups

RawEntry = tuple[bytes, Mapping[bytes, bytes]]

LEFT_BEHIND_MS = 5_000  # entries of a consumer that died are taken over after this
_BATCH = 200
_BLOCK_MS = 1_000
_CLAIM_EVERY_S = 1.0


class Consumer:
    """One consumer of one stream; an entry stays its own until the handler's commit acknowledges it."""

    def __init__(
        self, client: redis.Redis, stream: str, handle: Callable[[Sequence[RawEntry]], object], *, keys: Keys
    ) -> None:
        self._redis: Any = client  # the stubs of the stream commands do not know what they return
        self._stream = stream
        self._handle = handle
        self._keys = keys
        self._name = f"{socket.gethostname()}-{os.getpid()}-{ULID()}"
        self._claimed_at = float("-inf")

    def consume(self) -> None:
        """Handle what was left behind, then what is new; waits up to a second for it."""
        try:
            self._take_over()
            new = self._redis.xreadgroup(GROUP, self._name, {self._stream: ">"}, count=_BATCH, block=_BLOCK_MS)
        except redis.ResponseError as err:
            if "NOGROUP" not in str(err):
                raise
            ensure_groups(self._redis, self._keys)  # Redis came back empty
            return
        for _, entries in new or []:
            self._handle(entries)

    def retire(self) -> None:
        """Leave the group, if nothing is left that only its pending list knows of."""
        pending = self._redis.xpending_range(self._stream, GROUP, "-", "+", 1, consumername=self._name)
        if not pending:
            self._redis.xgroup_delconsumer(self._stream, GROUP, self._name)

    def _take_over(self) -> None:
        if time.monotonic() - self._claimed_at < _CLAIM_EVERY_S:
            return
        self._claimed_at = time.monotonic()
        _, entries, _ = self._redis.xautoclaim(self._stream, GROUP, self._name, LEFT_BEHIND_MS, count=_BATCH)
        for entry in entries:
            # Delivered before: alone, so that only its own failure counts against it (R19).
            self._handle([entry])
