"""Caps on dials per number, per subject and per caller id, and the rests of a number between calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from orchestrator.bounds import (
    DIALS_PER_NUMBER,
    DIALS_PER_NUMBER_IN_A_WEEK,
    LONGEST_GAP,
    REST_AFTER_ABANDONED,
    DialsPerCallerId,
    DialsPerNumber,
)
from orchestrator.policy.durations import Duration

CAP_WINDOW = timedelta(days=1)
WEEK = timedelta(days=7)


def _is_rest(rest: timedelta) -> timedelta:
    if not rest:
        raise PydanticCustomError("rest", "a rest is at least 1s; leave it out, or say null, for none of its own")
    return rest


def _is_gap(gap: timedelta) -> timedelta:
    if gap > LONGEST_GAP:
        raise PydanticCustomError("min_gap", "the gap is at most 30d")
    return _is_rest(gap)


Rest = Annotated[Duration, AfterValidator(_is_rest)]
MinGap = Annotated[Duration, AfterValidator(_is_gap)]


class Caps(BaseModel):
    """How often a number is called, at most, and how long it rests; null is what holds for everybody.

    Of two caps the smaller applies, of two rests the longer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    per_number_24h: DialsPerNumber | None = Field(
        None, description="Dials to one number in 24 h, all campaigns and single calls together. Null: as set for all."
    )
    per_number_7d: DialsPerNumber | None = Field(
        None, description="Dials to one number in 7 days, all campaigns and single calls together. Null: as for all."
    )
    per_subject_24h: DialsPerNumber | None = Field(
        None, description="Dials to one number in 24 h by all campaigns of the same subject. Null: as set for all."
    )
    per_caller_id_24h: DialsPerCallerId | None = Field(
        None, description="Dials from one caller id in 24 h, all campaigns and single calls together. Null: as for all."
    )
    min_gap: MinGap | None = Field(
        None,
        description="Between dials to one number for different contacts; of this and number_gap the longer holds. "
        "Null: as set for all.",
    )
    rest_after_human: Rest | None = Field(
        None, description="How long a number is not dialed after somebody was talked to. Null: as set for all."
    )
    rest_after_abandoned: Rest | None = Field(
        None,
        description="How long a number is not dialed after a call in which somebody answered and heard nothing. "
        "Null: as set for all.",
    )

    def loosened_by(self, wanted: Caps) -> dict[str, int | timedelta]:
        """Return the caps and rests, by name, that `wanted` would loosen: a campaign may only tighten them."""
        both = ((name, getattr(self, name), getattr(wanted, name)) for name in type(self).model_fields)
        return {name: ours for name, ours, theirs in both if _is_looser(theirs, than=ours)}

    def tightened_by(self, other: Caps) -> Caps:
        """Return the stricter of each cap and rest."""
        both = {name: (getattr(self, name), getattr(other, name)) for name in type(self).model_fields}
        return Caps.model_construct(**{name: stricter(*pair) for name, pair in both.items()})

    def stored(self) -> dict[str, Any]:
        """Return what is said here as JSON, without what is not: a version that knows fewer caps reads it too."""
        return self.model_dump(mode="json", exclude_none=True)


def _is_looser(wanted: Any, *, than: Any) -> bool:
    if wanted is None or than is None:
        return False
    return bool(wanted < than if isinstance(than, timedelta) else wanted > than)


def stricter(one: Any, other: Any) -> Any:
    """Return the smaller of two caps, the longer of two rests; None is none."""
    return other if one is None or (other is not None and _is_looser(one, than=other)) else one


DEFAULT_CAPS = Caps(
    per_number_24h=DIALS_PER_NUMBER,
    per_number_7d=DIALS_PER_NUMBER_IN_A_WEEK,
    rest_after_abandoned=REST_AFTER_ABANDONED,
)
"""The caps of an installation without settings of its own."""
