"""Whether somebody wants to be told at once that a call was answered: if nobody does, its end tells it."""

from __future__ import annotations

from typing import Final

import redis

from orchestrator.store.redis.keys import Keys

WANTED_FOR_S: Final = 60
"""How long one wish holds."""


def want_answers(client: redis.Redis, keys: Keys) -> None:
    """Wish to be told of answers at once, for a minute."""
    client.set(keys.answers_wanted, b"1", ex=WANTED_FOR_S)


def are_answers_wanted(client: redis.Redis, keys: Keys) -> bool:
    """Return whether anybody wishes it now."""
    return client.exists(keys.answers_wanted) == 1
