"""Renews the leases of the commands that are under way in this process, so that a lease can be short.

A lease that covers the slowest request would leave the callee of a killed sender in silence for as long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis

from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import ScriptCall, run_scripts

log = logging.getLogger(__name__)

LEASE_MS: Final = 5_000  # longer than a command may still be sent behind the moment at which its lease was taken
_RENEW_EVERY_S: Final = 1.0


class CommandLeases:
    """The leases that this process holds; a thread of its own renews each that lasts, once a second."""

    def __init__(self, client: redis.Redis, keys: Keys, *, renew_every_s: float = _RENEW_EVERY_S) -> None:
        self._redis = client
        self._keys = keys
        self._every_s = renew_every_s
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], float] = {}  # since when, by call and token
        self._is_renewing = False

    @contextmanager
    def kept(self, call_id: str, token: str) -> Iterator[None]:
        """Keep the lease of this call, if it is `token`'s, until the block ends."""
        with self._lock:
            self._held[call_id, token] = time.monotonic()
            if not self._is_renewing:
                self._is_renewing = True
                threading.Thread(target=self._renew_while_held, name="command-leases", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop((call_id, token), None)

    def _renew_while_held(self) -> None:
        pause = threading.Event()
        while not self._is_done():
            pause.wait(self._every_s)
            try:
                self._renew()
            except redis.RedisError as err:
                log.warning("leases are not renewed: %s", in_words(err))

    def _is_done(self) -> bool:
        with self._lock:
            self._is_renewing = bool(self._held)
            return not self._is_renewing

    def _renew(self) -> None:
        since = time.monotonic() - self._every_s
        with self._lock:
            lasting = [held for held, began in self._held.items() if began < since]
        calls = [
            ScriptCall(
                "renew_lease",
                [self._keys.lease(call_id), self._keys.wakes, self._keys.put_off],
                [token, call_id, LEASE_MS],
            )
            for call_id, token in lasting
        ]
        run_scripts(self._redis, calls)
