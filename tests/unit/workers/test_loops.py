"""A loop keeps its pace, whatever its steps do."""

from __future__ import annotations

import resource
import threading
import time

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from workers.loops import IDLE, Loop, run_all, run_loop


class Rests(threading.Event):
    """A stop that no loop waits for: it keeps how long each would have rested."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


def rests(step_s: float, *, every_s: float) -> list[float]:
    """Run a loop whose step takes so long; return how long it rested behind each of three steps."""
    stop = Rests()

    def step() -> None:
        if len(stop.seconds) == 3:
            stop.set()
        began = time.monotonic()
        while time.monotonic() - began < step_s:
            threading.Event().wait(step_s)

    run_loop(Loop("test", step, every_s), stop)
    return stop.seconds[1:]


def test_the_time_a_step_takes_is_part_of_the_pace() -> None:
    assert [rest <= 20 - 0.1 for rest in rests(0.1, every_s=20)] == [True] * 3


def test_a_loop_that_is_always_late_rests_all_the_same() -> None:
    assert rests(0.03, every_s=0.02) == [0.1 * 0.02] * 3


def test_a_loop_that_has_nothing_to_do_rests_longer_until_it_has() -> None:
    stop = Rests()

    def step() -> object:
        if len(stop.seconds) == 2:
            stop.set()
        return IDLE if len(stop.seconds) == 1 else None

    run_loop(Loop("test", step, 0.001, idle_s=600), stop)

    _, after_nothing, after_something = stop.seconds
    assert after_nothing > 300 > 0.001 >= after_something


def test_a_loop_that_lacks_files_says_so_whatever_its_driver_tells(caplog: pytest.LogCaptureFixture) -> None:
    stop = Rests()

    def step() -> None:
        stop.set()
        raise OperationalError("SELECT 1", {}, psycopg.OperationalError("connection is bad: no details available"))

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        run_loop(Loop("sends", step, 0.001), stop)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert "sends: Too many open files" in caplog.text


def test_a_loop_whose_store_is_away_speaks_of_no_files(caplog: pytest.LogCaptureFixture) -> None:
    stop = Rests()

    def step() -> None:
        stop.set()
        raise OperationalError("SELECT 1", {}, psycopg.OperationalError("server closed the connection"))

    run_loop(Loop("sends", step, 0.001), stop)

    assert "files" not in caplog.text and "server closed the connection" in caplog.text


def test_a_step_that_fails_is_taken_again() -> None:
    stop, taken = threading.Event(), list[int]()

    def step() -> None:
        taken.append(1)
        if len(taken) == 2:
            stop.set()
        raise RuntimeError("once more")

    run_loop(Loop("test", step, 0.001), stop)

    assert len(taken) == 2


def test_a_stop_interrupts_a_step_that_would_keep_it_waiting() -> None:
    stop, begun, interrupted = threading.Event(), threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        assert interrupted.wait(10)

    running = threading.Thread(target=run_all, args=([Loop("test", step, 0.001, interrupt=interrupted.set)], stop))
    running.start()
    assert begun.wait(10)
    stop.set()
    running.join(10)

    assert not running.is_alive()
