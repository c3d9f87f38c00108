"""The reason, in writing, that a person gives for going around a rule."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.policy.names import all_seen

Because = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"),
    AfterValidator(all_seen),
    Field(description="Why, in 1 to 500 characters: it is kept, and shown to whoever asks."),
]


def because_needed(what: str) -> PydanticCustomError:
    """Return the error for a rule that is gone around without a reason."""
    return PydanticCustomError("because", "{what} needs `because`: say why, in 1 to 500 characters", {"what": what})
