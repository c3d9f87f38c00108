"""Runs checks of stores that may never answer: one thread for each check, however many callers wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

WITHIN_S = 1.5  # so that a readiness check is answered within two seconds


class StoreProbes:
    """Runs probes in threads of their own; a caller that asks while the same probe runs waits for that one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Future[object]] = {}

    def run(self, probes: Mapping[str, Callable[[], T]], *, within_s: float = WITHIN_S) -> dict[str, T]:
        """Run all these probes at once; return, by name, the results of those that ended in time."""
        deadline = time.monotonic() + within_s
        running = {name: self._start(name, probe) for name, probe in probes.items()}
        has_ended = {name: _ends_within(future, deadline - time.monotonic()) for name, future in running.items()}
        return {name: future.result() for name, future in running.items() if has_ended[name]}  # type: ignore[misc]  # T it is

    def _start(self, name: str, probe: Callable[[], object]) -> Future[object]:
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done():
                running = self._running[name] = Future()
                threading.Thread(target=_run, args=(running, probe), name=f"probe-{name}", daemon=True).start()
            return running


def _run(future: Future[object], probe: Callable[[], object]) -> None:
    try:
        future.set_result(probe())
    except BaseException as err:  # noqa: BLE001 raised again for the caller that reads the result
        future.set_exception(err)


def _ends_within(future: Future[object], seconds: float) -> bool:
    try:
        future.exception(timeout=max(0.0, seconds))
    except TimeoutError:
        return False
    return True
