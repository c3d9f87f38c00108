"""Whether a number has gone to somebody else since its person consented: the answers that lists of this kind hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

_SINCE_IS_A_DAY = timedelta(days=1)
"""A day begins elsewhere earlier than in UTC; no number is given to somebody else within one."""


class Result(StrEnum):
    """The answer to whether a number was given up since a day; `no_data`: nobody knows."""

    YES = "yes"
    NO = "no"
    NO_DATA = "no_data"


class Answer(NamedTuple):
    """An answer on a list: whether the number was given up after the day `since`, as it was known at `checked_at`."""

    list: str
    result: Result
    since: datetime
    checked_at: datetime
    max_age: timedelta

    def is_current(self, now: datetime) -> bool:
        """Return whether it is young enough to rely on."""
        return now < self.checked_at + self.max_age

    def reaches(self, consented_at: datetime | None) -> bool:
        """Return whether it tells of all the time since a consent; None: of one that nobody has recorded."""
        return consented_at is None or self.since - _SINCE_IS_A_DAY <= consented_at


def is_reassigned(answers: Sequence[Answer], *, consented_at: datetime | None) -> bool:
    """Return whether a number has gone to somebody else since the consent.

    A `yes` does not become untrue with its age; only a consent that was given later is the new person's own.
    """
    return any(
        answer.result is Result.YES and (consented_at is None or consented_at <= answer.checked_at)
        for answer in answers
    )


def is_cleared(
    answers: Sequence[Answer], lists: Collection[str], *, consented_at: datetime | None, now: datetime
) -> bool:
    """Return whether one of these lists has a current `no` for all the time since the consent."""
    return any(
        answer.list in lists and answer.result is Result.NO and answer.is_current(now) and answer.reaches(consented_at)
        for answer in answers
    )


@lru_cache(maxsize=4096)
def stored_answers(stored: str | None) -> tuple[Answer, ...]:
    """Return answers from their JSON text: `[[list, result, since, checked_at, max_age in s], …]`."""
    return tuple(
        Answer(
            name,
            Result(result),
            datetime.fromisoformat(since),
            datetime.fromisoformat(checked_at),
            timedelta(seconds=max_age_s),
        )
        for name, result, since, checked_at, max_age_s in json.loads(stored or "[]")
    )
