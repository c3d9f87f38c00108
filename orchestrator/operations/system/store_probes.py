"""Looks at what may never answer: one thread for each thing that is looked at, however many wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

WITHIN_S = 1.5  # whoever asks whether we are ready gets an answer within two seconds


class Looks:
    """Runs looks beside whoever asks for them; who asks while the same look runs waits for that one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Future[object]] = {}

    def take(self, looks: Mapping[str, Callable[[], T]], *, within_s: float = WITHIN_S) -> dict[str, T]:
        """Take all these looks at once; return, by name, what those saw that ended in time."""
        deadline = time.monotonic() + within_s
        running = {name: self._begin(name, look) for name, look in looks.items()}
        seen = {name: _seen(future, deadline - time.monotonic()) for name, future in running.items()}
        return {name: future.result() for name, future in running.items() if seen[name]}  # type: ignore[misc]  # T it is

    def _begin(self, name: str, look: Callable[[], object]) -> Future[object]:
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done():
                running = self._running[name] = Future()
                threading.Thread(target=_look, args=(running, look), name=f"look-{name}", daemon=True).start()
            return running


def _look(future: Future[object], look: Callable[[], object]) -> None:
    try:
        future.set_result(look())
    except BaseException as err:  # noqa: BLE001 it belongs to whoever asked
        future.set_exception(err)


def _seen(future: Future[object], within_s: float) -> bool:
    try:
        future.exception(timeout=max(0.0, within_s))
    except TimeoutError:
        return False
    return True
