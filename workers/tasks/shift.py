"""A worker that was woken stays on shift for a while: it takes further calls from a list, without a message each.

A message costs Celery and kombu one to two milliseconds of CPU, a call taken from the list a tenth of that. So a task
is one shift: Flower shows it with an id, and at its end how many calls it served.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass

import redis

from orchestrator.store.outage import in_words
from orchestrator.store.redis.ready_calls import SHIFT_LASTS_MS, ReadyCalls

log = logging.getLogger(__name__)

_WAIT_S = 1.0
_MARK_AGAIN_S = SHIFT_LASTS_MS / 1000 / 5

Serve = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class ShiftBounds:
    """How many threads a shift has at most, how many calls each takes at once, and when a shift ends.

    It ends after `longest_s`, so that its task is seen to end, and after `quiet_s` without a call.
    """

    threads: int
    calls_at_once: int
    longest_s: float = 10.0
    quiet_s: float = 2.0


class Shifts:
    """Begins the shifts of one process for one queue, one at a time."""

    def __init__(
        self, ready: ReadyCalls, serve: Serve, *, bounds: ShiftBounds, send_messages: Callable[[Sequence[str]], None]
    ) -> None:
        self._ready, self._serve, self._bounds, self._send_messages = ready, serve, bounds, send_messages
        self._lock = threading.Lock()
        # Kept from shift to shift, as are the connections of each: to Redis, and to the carrier.
        self._threads = ThreadPoolExecutor(bounds.threads, thread_name_prefix="shift")
        self._places = threading.Semaphore(bounds.threads)
        self._by_message = deque[str]()
        self._current: Shift | None = None
        self._is_closed = False
        self.calls = 0  # that were served, or failed, since the process began

    @property
    def is_on(self) -> bool:
        """Return whether a shift takes calls."""
        return self._current is not None and not self._current.is_over

    def begin(self, call_id: str) -> dict[str, int]:
        """Serve the call that a message came for, then a shift unless one is on; return {calls, failed}.

        Calls of messages that come all at once, as behind a restart, wait for a place and are served together: each by
        itself, they would take the connections to PostgreSQL from each other.
        """
        with self._lock:
            shift = None if self.is_on or self._is_closed else self._new_shift()
            if not shift:
                self._by_message.append(call_id)
        return shift.work([call_id]) if shift else self._serve_by_message()

    @property
    def waiting(self) -> int:
        """Return how many calls that messages came for wait for a place."""
        return len(self._by_message)

    def _serve_by_message(self) -> dict[str, int]:
        """Serve whatever waits: this thread's own call, or others if somebody has taken that one along."""
        served = 0
        with self._places:
            while call_ids := self._next_by_message():
                self._serve_counted(call_ids)
                served += len(call_ids)
        return {"calls": served, "failed": 0}

    def _next_by_message(self) -> list[str]:
        with self._lock:
            most = min(self._bounds.calls_at_once, len(self._by_message))
            return [self._by_message.popleft() for _ in range(most)]

    def _new_shift(self) -> Shift:
        self._current = Shift(
            self._ready,
            self._serve_counted,
            bounds=self._bounds,
            send_messages=self._send_messages,
            threads=self._threads,
            before=self._current.hired if self._current else (),
        )
        return self._current

    def _serve_counted(self, call_ids: Sequence[str]) -> None:
        try:
            self._serve(call_ids)
        finally:
            with self._lock:
                self.calls += len(call_ids)

    def close(self) -> None:
        """End the shift that is on, and begin none any more: the process is to end."""
        with self._lock:
            self._is_closed = True
            if self._current:
                self._current.end()


class Shift:
    """One shift: threads that take ready calls until none has come for a while, or the shift has been long enough.

    Its mark says that a thread waits, or soon will: calls are offered to it then, instead of sent as messages.
    """

    def __init__(
        self,
        ready: ReadyCalls,
        serve: Serve,
        *,
        bounds: ShiftBounds,
        send_messages: Callable[[Sequence[str]], None],
        threads: Executor,
        before: Sequence[Future[None]] = (),
    ) -> None:
        self._ready, self._serve, self._bounds, self._send_messages = ready, serve, bounds, send_messages
        self._lock = threading.Lock()
        self._threads = threads
        self._before = before  # the threads of the shifts before, some of which may still be at their last calls
        self._hired: list[Future[None]] = []
        self._takers, self._waiting = 1, 0  # the task's own thread, and those that were added
        self._calls = self._failed = 0
        self._began = self._served_at = time.monotonic()
        self._marked_at = float("-inf")
        self._end = threading.Event()

    @property
    def is_over(self) -> bool:
        """Return whether it takes no more calls; what its threads are at is still finished."""
        return self._end.is_set()

    @property
    def hired(self) -> Sequence[Future[None]]:
        """Return the threads that were hired and are not done, those of earlier shifts among them."""
        return [each for each in (*self._before, *self._hired) if not each.done()]

    def end(self) -> None:
        """Take no more calls. Messages are sent for those that were offered and that nobody has taken."""
        with self._lock:
            if self._end.is_set():
                return
            self._end.set()
        self._hand_over()

    def _hand_over(self) -> None:
        try:
            self._send_messages(self._ready.end_shift())
        except redis.RedisError as err:
            log.warning("the end of a shift is not told (%s): the sweeper finds what was offered to it", in_words(err))

    def work(self, first: Sequence[str]) -> dict[str, int]:
        """Serve these calls and then what is ready; return {calls, failed} once every thread is done."""
        self._hire()
        self._serve_calls(first)
        self._take_calls()
        self._end.wait()  # others may go on without this thread
        wait(self._hired)
        return {"calls": self._calls, "failed": self._failed}

    def _take_calls(self) -> None:
        try:
            while not self.is_over and self._take_once():
                pass
        except redis.RedisError as err:
            log.warning("a shift ends: %s", in_words(err))
            self.end()
        finally:
            with self._lock:
                self._takers -= 1

    def _take_once(self) -> bool:
        """Wait for calls and serve them; return whether this thread is still needed: False where another waits too."""
        with self._lock:
            self._waiting += 1
        try:
            self._mark()
            if self.is_over:  # it ended while this thread marked it
                self._hand_over()
                return False
            call_ids = self._ready.take(self._bounds.calls_at_once, wait_s=_WAIT_S)
        finally:
            with self._lock:
                self._waiting -= 1
                is_last_to_wait = self._waiting == 0
        now = time.monotonic()
        if call_ids:
            self._served_at = now
            if is_last_to_wait:
                self._call_for_help()
            self._serve_calls(call_ids)
        if now - self._began > self._bounds.longest_s or now - self._served_at > self._bounds.quiet_s:
            self.end()
        return bool(call_ids) or is_last_to_wait

    def _mark(self) -> None:
        now = time.monotonic()
        if now - self._marked_at > _MARK_AGAIN_S:
            self._marked_at = now
            self._ready.mark_shift()

    def _call_for_help(self) -> None:
        """Let somebody wait for the next call: another thread, or with all of them busy, another worker."""
        if self._takers + sum(not each.done() for each in self._before) < self._bounds.threads:
            self._hire()
        elif self._marked_at > float("-inf"):
            self._marked_at = float("-inf")
            self._ready.unmark_shift()

    def _hire(self) -> None:
        with self._lock:
            self._takers += 1
            submitted = self._threads.submit(copy_context().run, self._take_calls)  # its lines name the task, too
            self._hired = [*(each for each in self._hired if not each.done()), submitted]

    def _serve_calls(self, call_ids: Sequence[str]) -> None:
        try:
            self._serve(call_ids)
        except Exception:  # one call's failure ends no shift: the sweeper issues the call again
            log.exception("not served: %s", ", ".join(call_ids))
            with self._lock:
                self._failed += len(call_ids)
        with self._lock:
            self._calls += len(call_ids)
