"""How the account's application, outbound profile and numbers differ from usable ones."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Values = dict[str, Any]


class ResourceOverrides(BaseModel):
    """What differs from an account in good order: values on top of a resource's own, null for one that is not there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application: Values | None = Field(default_factory=dict)
    profile: Values | None = Field(default_factory=dict)
    numbers: dict[str, Values | None] = Field(default_factory=dict)
    verified: frozenset[str] = frozenset()
