"""Overrides of the account's application, outbound voice profile and numbers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Values = dict[str, Any]


class ResourceOverrides(BaseModel):
    """Overrides of an account that is set up correctly: replacement values, or null for a missing resource."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application: Values | None = Field(default_factory=dict)
    profile: Values | None = Field(default_factory=dict)
    numbers: dict[str, Values | None] = Field(default_factory=dict)
    verified: frozenset[str] = frozenset()
