"""The threads that requests are answered in: lanes of their own for what must never wait for something else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from queue import SimpleQueue

_log = logging.getLogger(__name__)

Job = Callable[[], None]


class Lane(StrEnum):
    """Which requests share threads."""

    USUAL = "usual"
    UPLOADS = "uploads"  # files of any length, which take minutes to be worked through
    PIECES = "pieces"  # of answers of any length, one piece at a time
    VITAL = "vital"  # readiness and metrics, which ask the stores
    ALIVE = "alive"  # the sign of life, which asks nobody
    DISK = "disk"  # the server's own writing of uploads


class Lanes:
    """Runs jobs in the threads of their lane, in order."""

    def __init__(self, threads: Mapping[Lane, int]) -> None:
        self._queues: dict[Lane, SimpleQueue[Job]] = {lane: SimpleQueue() for lane in threads}
        for lane, count in threads.items():
            for number in range(count):
                name = f"{lane}-{number + 1}"
                threading.Thread(target=_work, args=(self._queues[lane],), name=name, daemon=True).start()

    def waiting(self, lane: Lane) -> int:
        """Return how many jobs wait for a thread of `lane`."""
        return self._queues[lane].qsize()

    def put(self, lane: Lane, job: Job) -> None:
        """Have `job` run as soon as a thread of the lane is free."""
        self._queues[lane].put(job)


def _work(jobs: SimpleQueue[Job]) -> None:
    while True:
        job = jobs.get()
        try:
            job()
        except Exception:  # noqa: BLE001 logged; a thread that ended would be missed until the next start
            _log.exception("a job of the server failed")
        del job  # an idle thread holds no request
