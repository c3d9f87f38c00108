"""Reads which engines and workers there are, and which of them are heard no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.processes import Process, list_processes

SILENT_AFTER_S: Final = 20.0  # four times as long as the pauses in which it shows itself


@dataclass(frozen=True)
class SeenProcess:
    """A process, how long ago it was heard, and whether that is longer than it should be."""

    process: Process
    heard_ago_s: float

    @property
    def is_silent(self) -> bool:
        """Whether it is dead, stands still, or cannot reach Redis; one that was stopped is not here at all."""
        return self.heard_ago_s > SILENT_AFTER_S


def read_processes(*, client: redis.Redis, keys: Keys) -> list[SeenProcess]:
    """Return the engines and workers of the last ten minutes in one round trip, engines first."""
    return [SeenProcess(process, ago_s) for process, ago_s in list_processes(client, keys)]
