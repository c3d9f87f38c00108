"""The retry matrix a campaign carries: what follows a disposition or an outcome, how soon, and how often."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.model.disposition import Disposition
from orchestrator.policy.durations import WRITTEN_AS, format_duration, read_duration

_MOST = 100


def _read_delays(value: Any) -> Any:
    delays = value if isinstance(value, list | tuple) else (value,)
    if not 1 <= len(delays) <= _MOST:
        raise PydanticCustomError("delays", 'write "10m" or a list such as ["2m", "5m"]')
    return tuple(map(read_duration, delays))


def _write_delays(delays: tuple[timedelta, ...]) -> str | list[str]:
    written = [format_duration(delay) for delay in delays]
    return written[0] if len(written) == 1 else written


Delays = Annotated[
    tuple[timedelta, ...],
    BeforeValidator(_read_delays),
    PlainSerializer(_write_delays, return_type=str | list[str]),
    WithJsonSchema(
        {
            "anyOf": [WRITTEN_AS, {"type": "array", "items": WRITTEN_AS, "minItems": 1, "maxItems": _MOST}],
            "examples": ["10m", ["2m", "5m"]],
        }
    ),
]


class RetryRule(BaseModel):
    """Call again after a delay. `at_most` counts the contact's calls that ended in this way, this one included.

    With a list, the n-th call that ended so is followed by the n-th delay; after its end the last value repeats.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Delays
    at_most: int | None = Field(default=None, ge=1, le=_MOST, strict=True)

    def delay_after(self, count: int) -> timedelta:
        """Return the delay that follows the `count`-th call (from 1) that ended in this way."""
        return self.after[min(max(count, 1), len(self.after)) - 1]


def _default_on() -> dict[Disposition, RetryRule]:
    return {
        Disposition.BUSY: RetryRule(after=(timedelta(minutes=10),)),
        Disposition.NO_ANSWER: RetryRule(after=(timedelta(hours=3),)),
        Disposition.MACHINE: RetryRule(after=(timedelta(days=1),)),
    }


class RetryRules(BaseModel):
    """The whole matrix: one budget of attempts for a contact, and a rule for what deserves another one.

    An outcome's rule beats a disposition's; what is not listed is final. A rule with an `at_most` of its own above
    `max_attempts` may go on up to that many attempts, all counted, while calls end in its way: budgets never add up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_attempts: int = Field(default=3, ge=1, le=_MOST, strict=True)
    on: dict[Disposition, RetryRule] = Field(default_factory=_default_on)
    on_outcome: dict[str, RetryRule] = Field(default_factory=dict, max_length=_MOST)

    @model_validator(mode="after")
    def _never_repeats_the_unknown(self) -> Self:
        if Disposition.UNKNOWN in self.on:
            raise PydanticCustomError("unknown_is_final", "a call that may have been carried out is never dialed again")
        return self

    @property
    def most_attempts(self) -> int:
        """The most calls a contact can get under any of the rules."""
        rules = (*self.on.values(), *self.on_outcome.values())
        return max(self.max_attempts, *(rule.at_most or 0 for rule in rules), 0)

    def outcomes_not_in(self, outcomes: Collection[str]) -> list[str]:
        """Return the outcomes that have a rule but that the flow never declares: misspelled, they would never fire."""
        return sorted(set(self.on_outcome) - set(outcomes))
