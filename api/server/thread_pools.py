"""The threads that requests are answered in: pools of their own for what must never wait for something else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from queue import SimpleQueue

_log = logging.getLogger(__name__)

Job = Callable[[], None]


class ThreadPool(StrEnum):
    """The pools of threads, by the requests they answer."""

    USUAL = "usual"
    UPLOADS = "uploads"  # files of any length, which take minutes to be worked through
    PIECES = "pieces"  # of answers of any length, one piece at a time
    VITAL = "vital"  # readiness and metrics, which ask the stores
    ALIVE = "alive"  # the sign of life, which asks nobody
    DISK = "disk"  # the server's own writing of uploads


class ThreadPools:
    """Runs jobs in the threads of their pool, in order."""

    def __init__(self, threads: Mapping[ThreadPool, int]) -> None:
        self._queues: dict[ThreadPool, SimpleQueue[Job]] = {pool: SimpleQueue() for pool in threads}
        for pool, count in threads.items():
            for number in range(count):
                name = f"{pool}-{number + 1}"
                threading.Thread(target=_work, args=(self._queues[pool],), name=name, daemon=True).start()

    def waiting(self, pool: ThreadPool) -> int:
        """Return how many jobs wait for a thread of `pool`."""
        return self._queues[pool].qsize()

    def put(self, pool: ThreadPool, job: Job) -> None:
        """Have `job` run as soon as a thread of the pool is free."""
        self._queues[pool].put(job)


def _work(jobs: SimpleQueue[Job]) -> None:
    while True:
        job = jobs.get()
        try:
            job()
        except Exception:  # noqa: BLE001 logged; a thread that ended would be missed until the next start
            _log.exception("a job of the server failed")
        del job  # an idle thread holds no request
