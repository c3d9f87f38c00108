"""The schemas of problem documents, for OpenAPI."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class FieldProblem(BaseModel):
    """One wrong field: a JSON pointer into the body (or `?name` into the query), a stable code, what was expected."""

    pointer: str
    code: str
    detail: str
    step: str | None = Field(None, description="In a flow: the step.")
    line: int | None = Field(None, description="In a flow: the line.")


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="What to do, for people.")
    errors: list[FieldProblem] | None = Field(
        None, description="Of a 422: every wrong field. Of a 409 `preflight`: what forbids the start."
    )
    current_status: str | None = Field(None, description="Of a 409: the thing's status.")
    allowed: list[str] | None = Field(None, description="Of a 409: the statuses that would allow it.")
    lists: list[str] | None = Field(None, description="Of a 409: the lists of numbers for which a call is refused.")
    until: Any = Field(None, description="Of a 409: when it may be asked again, if that is known.")
