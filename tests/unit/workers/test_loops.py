"""A loop keeps its pace, whatever its steps do."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from workers.loops import IDLE, Loop, run_all, run_loop


def beginnings(step_s: float, *, every_s: float, steps: int) -> list[float]:
    """Run a loop whose step takes so long and return when its steps began."""
    stop, began = threading.Event(), list[float]()

    def step() -> None:
        began.append(time.monotonic())
        if len(began) == steps:
            stop.set()
        threading.Event().wait(step_s)

    run_loop(Loop("test", step, every_s), stop)
    return began


def test_the_time_a_step_takes_is_part_of_the_pace() -> None:
    began = beginnings(0.4, every_s=0.5, steps=3)

    assert began[-1] - began[0] < 2 * (0.4 + 0.5)


def test_a_loop_that_is_always_late_rests_all_the_same() -> None:
    began = beginnings(0.03, every_s=0.02, steps=4)

    assert all(later - earlier >= 0.03 + 0.002 for earlier, later in pairwise(began))


def test_a_loop_that_has_nothing_to_do_rests_longer_until_it_has() -> None:
    stop, began = threading.Event(), list[float]()

    def step() -> object:
        began.append(time.monotonic())
        if len(began) == 3:
            stop.set()
        return IDLE if len(began) == 1 else None

    run_loop(Loop("test", step, 0.001, idle_s=0.2), stop)

    after_nothing, after_something = (later - earlier for earlier, later in pairwise(began))
    assert after_nothing >= 0.2 > after_something


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
