"""What a loop is: a step taken again and again, that outlives every outage and stops when asked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.counts import count, observe
from orchestrator.errors import OrchestratorError
from orchestrator.model.metric import Metric
from orchestrator.store.open_files import may_open_no_more
from orchestrator.store.outage import is_outage

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 5.0
_LEAST_REST = 0.1  # of a loop's pace


IDLE = object()  # what a step returns that has found nothing to do, and may be late with the next thing


@dataclass(frozen=True)
class Loop:
    """A named step and its pace: `every_s` from the beginning of one to that of the next, 0 for one that waits itself.

    Behind a step that returns IDLE it is `idle_s`, where that is longer. Steps never overlap; `close` is called behind
    the last one, `interrupt` beside one that would keep a stop waiting.
    """

    name: str
    step: Callable[[], object]
    every_s: float
    close: Callable[[], object] | None = None
    interrupt: Callable[[], object] | None = None
    idle_s: float = 0.0


def run_loop(loop: Loop, stop: threading.Event) -> None:
    """Take the loop's step until `stop`; a failing one is logged and tried again, after a growing pause."""
    pause_s, rest_s = 0.0, loop.every_s
    while not stop.wait(max(rest_s, pause_s)):
        began, every_s = time.monotonic(), loop.every_s
        try:
            if loop.step() is IDLE:
                every_s = max(every_s, loop.idle_s)
        except Exception as err:  # noqa: BLE001 the last resort of a loop: nothing may end it but a stop
            count(Metric.LOOP_FAILURES, loop.name)
            pause_s = min(_LONGEST_PAUSE_S, max(0.1, pause_s * 2))
            _tell(loop, err, pause_s)
        else:
            pause_s = 0.0
        took_s = time.monotonic() - began
        observe(Metric.LOOP_STEP_S, took_s, loop.name)
        # A slow step does not slow the pace, and even one that is always late lets the others run.
        rest_s = max(_LEAST_REST * every_s, every_s - took_s)
    _close(loop)


def _tell(loop: Loop, err: Exception, pause_s: float) -> None:
    if may_open_no_more():
        log.error("%s: Too many open files: raise the limit of this process (ulimit -n)", loop.name)
    if is_outage(err) or isinstance(err, OrchestratorError):
        log.warning("%s: %s: %s; again in %.1f s", loop.name, type(err).__name__, _first_line(err), pause_s)
    else:
        log.error("%s failed; again in %.1f s", loop.name, pause_s, exc_info=err)


def _close(loop: Loop) -> None:
    try:
        if loop.close:
            loop.close()
    except RedisError as err:
        log.warning("%s not closed: %s", loop.name, _first_line(err))


def run_until_done(step: Callable[[], object], stop: threading.Event) -> object:
    """Take one step, again until it has succeeded once or `stop` is set: the stores may come up after us."""
    while not stop.is_set():
        try:
            return step()
        except (RedisError, SQLAlchemyError, OrchestratorError) as err:
            log.warning("not ready: %s: %s", type(err).__name__, _first_line(err))
            stop.wait(1.0)
    return None


def run_all(loops: list[Loop], stop: threading.Event) -> None:
    """Run each loop in a thread of its own until `stop`; return when all have finished their step."""
    threads = [threading.Thread(target=run_loop, args=(loop, stop), name=loop.name) for loop in loops]
    for thread in threads:
        thread.start()
    stop.wait()
    for loop in loops:
        if loop.interrupt:
            loop.interrupt()
    for thread in threads:
        thread.join()


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]
