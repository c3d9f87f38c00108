"""Counts tries within a window of time, under as many names as they are limited by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import redis


class Tries(NamedTuple):
    """How many there were under each name within the present window, and when the longest of them ends."""

    counts: list[int]
    ends_in_s: int


def count_tries(client: redis.Redis, names: Sequence[str], *, window_s: int) -> Tries:
    """Count one more under each name. A window begins with its first try, and no later one makes it longer."""
    with client.pipeline(transaction=True) as pipe:
        for name in names:
            pipe.set(name, 0, ex=window_s, nx=True)
            pipe.incr(name)
            pipe.ttl(name)
        answers = pipe.execute()
    return Tries([int(count) for count in answers[1::3]], max(1, *(int(ttl) for ttl in answers[2::3])))
