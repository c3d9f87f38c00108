"""When a recording is tried again: often while the announced link is valid, then with new links, for a day."""

from __future__ import annotations

from typing import Final

LINKS_LIVE_S: Final = 600.0
GIVE_UP_S: Final = 86_400.0
MOST_TRIES: Final = 80  # more than fit into a day: the end where the carrier's clock is far ahead
LEAST_TRIES: Final = 5  # also after a request to fetch again days later, and for audio that is too short
_LONGEST_PAUSE_S: Final = 60.0
_LONGEST_LATER_S: Final = 3600.0
_SHORTEST_PAUSE_S: Final = 5.0


def is_over(tries: int, *, age_s: float) -> bool:
    """Return whether no other try follows."""
    return tries >= MOST_TRIES or (age_s >= GIVE_UP_S and tries >= LEAST_TRIES)


def pause_after(tries: int, *, age_s: float) -> float:
    """Return the seconds until the next try: 2, 4, 8 … 60, and fewer again towards the end of the link's validity.

    After it they grow with the recording's age, to an hour.
    """
    doubled_s = 2.0 ** min(tries, 12)
    if age_s < LINKS_LIVE_S:
        return min(_LONGEST_PAUSE_S, doubled_s, max(_SHORTEST_PAUSE_S, (LINKS_LIVE_S - age_s) / 2))
    return min(_LONGEST_LATER_S, doubled_s, max(_LONGEST_PAUSE_S, age_s / 4))
