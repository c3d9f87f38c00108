"""Shows an engine or a worker among the processes of the installation, from its beginning to its end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import Literal

import redis

from orchestrator.clock import unix_ms
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.processes import Process, hide_process, show_process


class Presence:
    """One process; `served` returns how many calls it has served, and whether it is on shift."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        *,
        kind: Literal["engine", "worker"],
        parts: Sequence[str],
        served: Callable[[], tuple[int, bool]] | None = None,
    ) -> None:
        self._redis, self._keys, self._served = client, keys, served
        name = f"{socket.gethostname()}.{os.getpid()}"
        self._process = Process(name=name, kind=kind, parts=tuple(parts), began_ms=int(unix_ms()))

    def show(self) -> None:
        """Say that it lives; raises RedisError."""
        process = self._process
        if self._served:
            calls, is_on_shift = self._served()
            process = process.model_copy(update={"calls": calls, "is_on_shift": is_on_shift})
        show_process(self._redis, self._keys, process)

    def hide(self) -> None:
        """Say that it ends; raises RedisError."""
        hide_process(self._redis, self._keys, self._process.name)
