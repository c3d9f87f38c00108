"""Knows whether somebody wants to be told of answers at once, without asking at every event."""

from __future__ import annotations

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.wanted_answers import are_answers_wanted


class AnswerInterest:
    """What the last look said; nobody, before the first."""

    def __init__(self, *, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._is_wanted = False

    def look(self) -> None:
        """Look again."""
        self._is_wanted = are_answers_wanted(self._redis, self._keys)

    def __call__(self) -> bool:
        """Return whether answers are to be told at once."""
        return self._is_wanted
