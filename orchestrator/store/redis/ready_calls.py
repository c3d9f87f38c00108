"""The calls that are ready for a worker on shift: it takes them from a list, at a fraction of what a message costs.

The list is never the only record of anything: a call that is lost with its worker is found in the outbox or the ledger
by a sweeper, as one whose message is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_script, write_though_full

SHIFT_LASTS_MS = 2_500  # without a sign of life: then the worker is gone, or all of its threads are busy


class WakeUps(NamedTuple):
    """How the senders of commands are woken.

    `offer` returns the script call that offers calls to the workers on shift, `send_messages` wakes a worker for each
    call: it is for calls whose offer answered 0.
    """

    offer: Callable[[Sequence[str]], ScriptCall]
    send_messages: Callable[[Sequence[str]], None]


class ReadyCalls:
    """The ready calls of one queue, and the mark that a worker is on shift; any number of workers may be."""

    def __init__(self, client: redis.Redis, keys: Keys, queue: str) -> None:
        self._redis = client
        self._shift, self._ready = keys.shift(queue), keys.ready(queue)

    def offer(self, call_ids: Sequence[str]) -> ScriptCall:
        """Return the script call that offers these calls; it answers 0 when nobody is on shift."""
        return ScriptCall("offer_calls", [self._shift, self._ready], call_ids)

    def mark_shift(self) -> None:
        """Let calls be offered to this worker for the next `SHIFT_LASTS_MS`, although memory may be full (R11)."""
        write_though_full(self._redis, "SET", self._shift, 1, "PX", SHIFT_LASTS_MS)

    def unmark_shift(self) -> None:
        """Let calls wake other workers with a message each: this one is busy. Those offered before remain its own."""
        self._redis.delete(self._shift)

    def take(self, most: int, *, wait_s: float) -> list[str]:
        """Take up to `most` calls, the oldest first; wait up to `wait_s` for the first of them."""
        answers = round_trip(self._redis, [("BLMPOP", wait_s, 1, self._ready, "LEFT", "COUNT", most)])
        raise_errors(answers)
        return [call_id.decode() for call_id in answers[0][1]] if answers[0] else []

    def end_shift(self) -> list[str]:
        """Remove the mark, and return the calls that nobody has taken: each needs a message now."""
        left = run_script(self._redis, ScriptCall("end_shift", [self._shift, self._ready], []))
        return [call_id.decode() for call_id in left]

    def left_behind(self) -> list[str]:
        """Return the calls that were offered to workers who are gone, or all busy: each needs a message now."""
        left = run_script(self._redis, ScriptCall("left_behind", [self._shift, self._ready], []))
        return [call_id.decode() for call_id in left]

    def count(self) -> tuple[int, bytes | None]:
        """Return how many calls wait, and the one that has waited longest."""
        answers = round_trip(self._redis, [("LLEN", self._ready), ("LINDEX", self._ready, 0)])
        raise_errors(answers)
        return int(answers[0]), answers[1]
