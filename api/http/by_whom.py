"""Who does something, as its history says it: whoever the request names, else the key or the user that sends it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.http.auth import actor
from orchestrator.policy.names import all_seen

Model = TypeVar("Model", bound=BaseModel)

By = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S"),
    AfterValidator(all_seen),
    Field(description="Who does it, for the history. Left out: the name of the API key or the user."),
]


def sender() -> Any:
    """Return the default of a field of type `By`: the name of who sends the present request."""
    return Field(default_factory=lambda: actor().name)


def signed(said: Model) -> Model:
    """Return a body whose field `by` is None where nobody was named, with the name of who sends the present request."""
    return said if getattr(said, "by", None) else said.model_copy(update={"by": actor().name})
