"""How long personal data is kept: nothing is erased until somebody says so."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([dy])", re.ASCII)
_UNITS: Final = {"d": ("days", 36_525), "y": ("years", 100)}
_AFTER_REVOKE: Final = " after revoke"


def _read_span(value: Any, *, suffix: str = "") -> str:
    """Return a span of time as it is written; at most a hundred years."""
    written = _SPAN.fullmatch(value.removesuffix(suffix)) if isinstance(value, str) and value.endswith(suffix) else None
    if written is None or int(written[1]) > _UNITS[written[2]][1]:
        raise PydanticCustomError("span", "write days or years, such as {example}", {"example": f'"90d{suffix}"'})
    return str(value)


def _read_span_after_revoke(value: Any) -> str:
    return _read_span(value, suffix=_AFTER_REVOKE)


_PATTERN = "^[1-9][0-9]{0,4}[dy]"
Span = Annotated[
    str, BeforeValidator(_read_span), WithJsonSchema({"type": "string", "pattern": f"{_PATTERN}$", "examples": ["90d"]})
]
SpanAfterRevoke = Annotated[
    str,
    BeforeValidator(_read_span_after_revoke),
    WithJsonSchema({"type": "string", "pattern": f"{_PATTERN}{_AFTER_REVOKE}$", "examples": ["5y after revoke"]}),
]


class Retention(BaseModel):
    """How long what is known of people is kept, in days (`90d`) or years (`5y`); null: until somebody erases it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contacts: Span | None = Field(
        None, description="From a contact's end on: its id, variables and answers; its number as long as its calls."
    )
    recordings: Span | None = Field(None, description="From when the carrier told of a recording.")
    calls: Span | None = Field(None, description="From a call's end on: its number, answers, timeline and recordings.")
    consents: SpanAfterRevoke | None = Field(
        None, description="From the revocation that was the last word on: the words of a person's consents."
    )
    opt_outs: Literal["forever"] = Field("forever", description="Opt-outs and revocations are never forgotten.")


def is_kept_for_years(span: str, years: int) -> bool:
    """Return whether a span lasts so many years, leap days counted."""
    number, unit = interval_of(span).split()
    return int(number) >= (years if unit == "years" else math.ceil(years * 365.25))


def interval_of(span: str) -> str:
    """Return a span as PostgreSQL reads an interval: `90d` is `90 days`."""
    number, unit = span.removesuffix(_AFTER_REVOKE)[:-1], span.removesuffix(_AFTER_REVOKE)[-1]
    return f"{number} {_UNITS[unit][0]}"
