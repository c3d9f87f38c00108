"""Judges the numbers of a pool by their calls of the last 24 hours: which of them go to rest, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from orchestrator.policy.caller_id_pool import Health

SHORT_CALL_S = 6
"""An answered call that lasted less is short: people hang up on who calls."""


class RestCause(StrEnum):
    """What a number is put to rest for."""

    ANSWER_RATE = "answer_rate"
    SHORT_CALLS = "short_calls"


@dataclass(frozen=True, slots=True)
class NumberCalls:
    """The ended calls of a number since its last rest, in the last 24 hours."""

    calls: int
    answered: int
    short: int

    @property
    def answer_rate(self) -> float:
        """The share of its calls that were answered."""
        return self.answered / self.calls if self.calls else 0.0

    @property
    def short_call_share(self) -> float:
        """The share of its answered calls that lasted less than 6 s."""
        return self.short / self.answered if self.answered else 0.0


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a number goes to rest: its figures, and what they were held against."""

    cause: RestCause
    of: NumberCalls
    pool_median: float
    bound: float

    @property
    def detail(self) -> str:
        """One sentence for people."""
        if self.cause is RestCause.SHORT_CALLS:
            return (
                f"{self.of.short} of its {self.of.answered} answered calls lasted less than {SHORT_CALL_S} s: "
                f"more than {self.bound:.0%}"
            )
        return (
            f"{self.of.answered} of its {self.of.calls} calls were answered, {self.of.answer_rate:.1%}: "
            f"below {self.bound:.0%} of the pool's median, {self.pool_median:.1%}"
        )


def who_goes_to_rest(numbers: Mapping[str, NumberCalls], health: Health) -> dict[str, Rest]:
    """Return which numbers of a pool go to rest, by number.

    Those with fewer than `min_calls` calls are not judged, and say nothing of the median.
    """
    judged = {number: calls for number, calls in numbers.items() if calls.calls >= health.min_calls}
    if not judged:
        return {}
    middle = median(calls.answer_rate for calls in judged.values())
    found = {number: _why(calls, middle, health) for number, calls in judged.items()}
    return {number: rest for number, rest in found.items() if rest}


def _why(calls: NumberCalls, middle: float, health: Health) -> Rest | None:
    if calls.answer_rate < health.answer_rate_below * middle:
        return Rest(RestCause.ANSWER_RATE, calls, middle, health.answer_rate_below)
    if calls.short_call_share > health.short_call_share:
        return Rest(RestCause.SHORT_CALLS, calls, middle, health.short_call_share)
    return None
