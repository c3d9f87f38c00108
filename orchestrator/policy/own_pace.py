"""The pace that this installation can serve: it calls a little faster until somebody on the line has to wait."""

from __future__ import annotations

import math
from typing import Final

LATE_AT_MOST: Final = 10  # events and commands that wait: with more, engines and workers have all they can do
FIRST_PACE: Final = 100.0  # dials per s: above the rate of nearly every account, below what two cores serve
_RISE: Final = 10.0  # dials per s in a second: what a dial brings comes seconds after it, when somebody answers
_FALL: Final = 0.7
_FALL_EVERY_S: Final = 1.0
_LEAST: Final = 2.0
_BURST_S: Final = 0.3


class OwnPace:
    """One dispatcher's bound on its dials, beside that of the account: rises by addition and falls by a factor.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self, now: float) -> None:
        self._pace, self._room, self._looked_at = FIRST_PACE, FIRST_PACE, now
        self._fell_at = float("-inf")
        self._is_used_up = False

    @property
    def pace(self) -> float:
        """Return how many dials a second it allows now."""
        return self._pace

    def room(self, now: float, *, is_late: bool) -> int:
        """Return how many may be dialed now; none while somebody on the line waits for us."""
        passed, self._looked_at = min(1.0, now - self._looked_at), now
        if is_late:
            if now - self._fell_at >= _FALL_EVERY_S:
                self._pace, self._fell_at = max(_LEAST, self._pace * _FALL), now
            self._room = min(self._room, self._pace * _BURST_S)
            return 0
        if self._is_used_up:
            self._pace += _RISE * passed
        self._room = min(self._room + self._pace * passed, max(self._room, self._pace * _BURST_S, 1.0))
        self._is_used_up = self._room < 1.0  # until what there is now is used up
        return math.floor(self._room)

    def take(self, dials: int) -> None:
        """Use up room; a pace that is used up rises."""
        self._room -= dials
        self._is_used_up = self._room < 1.0
