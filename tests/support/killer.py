"""Kills processes of a running stack again and again, at moments drawn from a seed."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.stack_run import StackRun

_STRIKES = 16


@contextmanager
def killer(stack: StackRun, victims: tuple[str, ...], *, chance: random.Random, every_s: float) -> Iterator[None]:
    """Kill one or two of `victims` with -9 every so often, at most until the block ends.

    Not for ever: who dies often is started again later and later.
    """
    over = threading.Event()

    def kill() -> None:
        for _ in range(_STRIKES):
            if over.wait(chance.uniform(0.2, every_s)):
                return
            running = stack.pids()
            for name in chance.sample(victims, chance.choice((1, 1, 2))):
                with suppress(KeyError, ProcessLookupError):
                    os.kill(running[name], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
