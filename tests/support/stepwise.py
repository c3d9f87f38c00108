"""Processes of the engine that take their steps one at a time, in an order of the test's choosing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from orchestrator.clock import boot_seconds
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.dialing.dial_call import Dialer
from tests.support.watched_stores import Died, Fault, WatchedCarrier, watched_redis, watched_sql
from tests.support.world import World

_PATIENCE_S = 20.0
_LOOK_EVERY_S = 0.02
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE application_name = :name AND wait_event_type = 'Lock'"


@dataclass
class _WatchedWorld(World):
    """A world on watched stores."""

    process: Any = None

    @cached_property
    def carrier(self) -> WatchedCarrier:
        return WatchedCarrier(self.carrier_url, self.process.reached, age_clock=self.process.now)

    @cached_property
    def dialer(self) -> Dialer:
        """Return one that ages only by what it stands still, and not while a slow machine tests it."""
        stores = {"sql": self.sql, "client": self.redis, "flows": self.flows, "keys": self.keys}
        return Dialer(**stores, carrier=self.carrier, age_clock=self.process.begun)  # type: ignore[arg-type]  # names match

    @cached_property
    def sender(self) -> CommandSender:
        stores = {"sql": self.sql, "client": self.redis, "keys": self.keys}
        return CommandSender(**stores, carrier=self.carrier, age_clock=self.process.now)  # type: ignore[arg-type]  # names match


class Process:
    """One process of the engine: it stops at each point, and goes on, alone, when it is told to.

    `at` is the point where it stands, None while it rests. Its thread is the only one that moves: one that waits for
    a lock of another is left behind, and found at its next point once it has come there.
    """

    def __init__(self, world: World) -> None:
        self._outside, self._name = world, f"process {id(self)}"
        self._sql = watched_sql(world.database_url, self.reached, name=self._name)
        self._redis = watched_redis(world.redis_url, self.reached)
        self._stops: SimpleQueue[str | None] = SimpleQueue()
        self._orders: SimpleQueue[Fault] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._dies_at_next = self._is_dead = False
        self.at: str | None = None
        self._began = boot_seconds()
        self._stood_s = 0.0
        self.renew()

    def renew(self) -> None:
        """Begin anew as a process does, with nothing in its memory."""
        made = {"sql": self._sql, "redis": self._redis, "carrier_url": self._outside.carrier_url}
        urls = {"database_url": self._outside.database_url, "redis_url": self._outside.redis_url}
        self.world = _WatchedWorld(**made, **urls, process=self)  # type: ignore[arg-type]  # names match
        self._is_dead = self._dies_at_next = False
        self.step = ""
        self.passed: list[str] = []
        self.result: Any = None
        self.failure: BaseException | None = None

    def close(self) -> None:
        """Close its connections."""
        self._sql.dispose()
        self._redis.close()

    def now(self) -> float:
        """Return its seconds since boot, with those that it stood still."""
        return boot_seconds() + self._stood_s

    def begun(self) -> float:
        """Return when its step began, and what it has stood still since then."""
        return self._began + self._stood_s

    def stands_still(self, seconds: float) -> None:
        """Let so much time pass while it stands where it is, as for a process that is frozen."""
        self._stood_s += seconds

    @property
    def is_resting(self) -> bool:
        """Say whether it has nothing to do."""
        return self._thread is None

    @property
    def is_waiting(self) -> bool:
        """Say whether it waits for a lock that another process holds."""
        return self._thread is not None and self.at is None

    def begin(self, step: str, act: Callable[[World], Any]) -> None:
        """Begin a step and stop at its first point."""
        assert self.is_resting
        self.step, self.passed, self.result, self.failure = step, [], None, None
        self._began = boot_seconds()
        self._thread = threading.Thread(target=self._run, args=(act,), name=step, daemon=True)
        self._thread.start()
        self._await()

    def go_on(self, fault: Fault = Fault.NONE) -> None:
        """Pass the point where it stands, with this fault, and stop at the next one."""
        assert self.at is not None
        self.passed.append(self.at)
        self.at = None
        self._orders.put(fault)
        self._await()

    def look(self) -> None:
        """See where a process has come to that waited for a lock."""
        if self.is_waiting:
            self._await()

    def die(self) -> None:
        """Die where it stands, and begin anew."""
        while not self.is_resting:
            self.look()
            if self.at is not None:
                self.go_on(Fault.DEATH)
        self.renew()

    def dies(self, fault: Fault, point: str, act: Callable[[World], Any]) -> None:
        """Take a step up to the first point that begins so, and die before it or behind it."""
        self.begin(f"die at {point}", act)
        while self.at is not None and not self.at.startswith(point):
            self.go_on()
        self.go_on(fault)
        self.run_out()

    def run_out(self) -> None:
        """Pass all the points that are left."""
        while self.at is not None:
            self.go_on()

    def reached(self, point: str) -> Fault:
        """Stop the step's own thread at a point; other threads pass."""
        if threading.current_thread() is not self._thread:
            return Fault.NONE
        if self._dies_at_next or self._is_dead:
            self._is_dead = True
            raise Died
        self._stops.put(point)
        fault = self._orders.get(timeout=_PATIENCE_S)
        self._dies_at_next = fault is Fault.DEATH_BEHIND
        if fault is Fault.DEATH:
            self._is_dead = True
            raise Died
        return fault

    def _run(self, act: Callable[[World], Any]) -> None:
        try:
            self.result = act(self.world)
        except BaseException as err:  # noqa: BLE001 it is the test's to judge
            self.failure = err
        self._stops.put(None)

    def _await(self) -> None:
        deadline = monotonic() + _PATIENCE_S
        while monotonic() < deadline:
            try:
                self.at = self._stops.get(timeout=_LOOK_EVERY_S)
            except Empty:
                if self._waits_for_a_lock():
                    return
                continue
            if self.at is None:
                self._end()
            return
        raise AssertionError(f"{self.step} has come to no point after {self.passed}")

    def _waits_for_a_lock(self) -> bool:
        return bool(self._outside.query(_WAITING, name=self._name)) and self._stops.empty()

    def _end(self) -> None:
        assert self._thread is not None
        self._thread.join(_PATIENCE_S)
        self._thread = None
        if self._is_dead or self._dies_at_next:
            passed, step = self.passed, self.step
            self.renew()
            self.passed, self.step, self.failure = passed, step, Died()


def look_at_all(processes: Sequence[Process]) -> None:
    """Find those at their next point whose lock has been let go."""
    for process in processes:
        process.look()
