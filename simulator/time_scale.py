"""The time scale: ringing, talking and timeouts run faster than real time by this factor."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class TimeScale:
    """Schedules in simulated time; with `scale` 10, ten seconds of ringing take one."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._loop = asyncio.get_running_loop()

    def later(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        """Run `act` after so many seconds of simulated time."""
        return self._loop.call_later(seconds / self.scale, act)


class Timers:
    """The named timers of one leg; setting a timer again replaces it."""

    __slots__ = ("_handles", "_tempo")

    def __init__(self, time_scale: TimeScale) -> None:
        self._tempo = time_scale
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        """Start or restart a timer; infinity only stops it."""
        self.cancel(name)
        if math.isfinite(seconds):
            self._handles[name] = self._tempo.later(seconds, act)

    def cancel(self, *names: str) -> None:
        """Stop these timers; unknown names are ignored."""
        for name in names:
            handle = self._handles.pop(name, None)
            if handle is not None:
                handle.cancel()

    def clear(self) -> None:
        """Stop every timer."""
        self.cancel(*tuple(self._handles))
