"""A caller id as a field of documents."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.policy.phone.number_kind import why_never_shown
from orchestrator.policy.phone.parse_phone import WRITTEN_AS, PhoneProblem, read_phone


def _read_caller_id(value: Any) -> str:
    answer = read_phone(value) if isinstance(value, str) else PhoneProblem("not_a_number", "write it as text: +1…")
    if isinstance(answer, PhoneProblem):
        raise PydanticCustomError("caller_id", "{why}", {"why": answer.detail})
    if why := why_never_shown(answer):
        raise PydanticCustomError("number_kind", "{why}", {"why": why})
    return answer


CallerId = Annotated[str, BeforeValidator(_read_caller_id), WithJsonSchema(WRITTEN_AS)]
"""A number with its country code that a person may be shown and may call back; what a model holds is E.164."""
