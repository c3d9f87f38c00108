"""When a delivery that was not accepted is made again, and when an endpoint that accepts nothing rests."""

from __future__ import annotations

from typing import Final

GIVE_UP_S: Final = 3 * 86_400.0
RESTS_AFTER: Final = 5
"""So many failures in a row, whatever the subjects, and an endpoint is tried one at a time, with rests between."""

_PAUSES_S: Final = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 43_200.0)
_SHORTEST_PAUSE_S: Final = 60.0
_LONGEST_REST_S: Final = 300.0


def pause_after(tries: int, *, age_s: float, spread: float = 1.0) -> float | None:
    """Return the seconds until the next try, or None when none follows: three days after the first.

    `spread` scales the pause, so that what failed together does not come together again.
    """
    if age_s >= GIVE_UP_S:
        return None
    pause_s = _PAUSES_S[min(max(tries, 1), len(_PAUSES_S)) - 1] * spread
    return max(min(pause_s, GIVE_UP_S - age_s), min(pause_s, _SHORTEST_PAUSE_S))


def rest_after(failures: int, *, spread: float = 1.0) -> float:
    """Return the seconds that an endpoint rests after so many failures in a row, 0 while they are few."""
    return 0.0 if failures < RESTS_AFTER else min(_LONGEST_REST_S, 2.0 ** min(failures - RESTS_AFTER, 20)) * spread
