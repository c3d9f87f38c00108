"""Answers that many ask for at once: each is made once, and given to everybody who asks within a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from orchestrator.clock import boot_seconds

Answer = TypeVar("Answer")


class SharedAnswers:
    """Keeps each answer for `kept_s` seconds from when it was begun; whoever asks while it is made waits for it.

    With 0 only those share an answer who ask while it is made.
    """

    def __init__(self, *, kept_s: float, now: Callable[[], float] = boot_seconds) -> None:
        self._kept_s, self._now = kept_s, now
        self._lock = threading.Lock()
        self._begun: dict[Hashable, tuple[float, Future[Any]]] = {}

    def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """Return the answer under `key`, made by `make` unless it is there; what `make` raises is kept for nobody."""
        with self._lock:
            self._forget_old()
            found = self._begun.get(key)
            future = found[1] if found else Future()
            if found is None:
                self._begun[key] = (self._now(), future)
        if found is None:
            self._make(key, future, make)
        answer: Answer = future.result()
        return answer

    def if_ready(self, key: Hashable) -> Any:
        """Return the answer under `key`, or None for one that has to be made or waited for; never waits."""
        begun = self._begun.get(key)
        if begun is None or begun[0] <= self._now() - self._kept_s or not begun[1].done() or begun[1].exception():
            return None
        return begun[1].result()

    def _forget_old(self) -> None:
        until = self._now() - self._kept_s
        self._begun = {key: each for key, each in self._begun.items() if each[0] > until or not each[1].done()}

    def _make(self, key: Hashable, future: Future[Any], make: Callable[[], Any]) -> None:
        try:
            future.set_result(make())
        except BaseException as err:  # noqa: BLE001 raised again to all who wait for it
            with self._lock:
                self._begun.pop(key, None)
            future.set_exception(err)
