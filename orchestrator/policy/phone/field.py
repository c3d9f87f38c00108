"""Numbers and their regions as fields of documents and queries, all read by the one reader."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.policy.phone.parse_phone import WRITTEN_AS, PhoneProblem, is_region, read_phone


def _read_number(value: Any, region: str | None = None) -> str:
    read = (
        read_phone(value, region) if isinstance(value, str) else PhoneProblem("not_a_number", "write it as text: +1…")
    )
    if isinstance(read, PhoneProblem):
        raise PydanticCustomError(read.code, "{why}", {"why": read.detail})
    return read


def _read_by_region(value: Any, info: ValidationInfo) -> str:
    try:
        return _read_number(value, info.data.get("region"))
    except PydanticCustomError as err:
        if err.type != "no_region":
            raise
        why = f"{err.message()}, or name its `region`, such as US"
        raise PydanticCustomError("no_region", "{why}", {"why": why}) from None


def _known_region(region: str) -> str:
    if not is_region(region):
        raise PydanticCustomError("unknown_region", "write a two-letter region such as US")
    return region


Number = Annotated[str, BeforeValidator(_read_number), WithJsonSchema(WRITTEN_AS)]
"""A number with its country code; what a model holds is E.164."""

NumberOfRegion = Annotated[
    str,
    BeforeValidator(_read_by_region),
    WithJsonSchema({"type": "string", "minLength": 1, "examples": ["+12125550123", "(212) 555-0123"]}),
]
"""A number of a model that has a `region` above it, for those without a country code; what it holds is E.164."""

AskedNumber = Annotated[
    str,
    Field(
        min_length=1,
        description="As people write it. A `+` in an address is `%2B`; without one, `region` says the country.",
        examples=["+12125550123", "(212) 555-0123"],
    ),
]
"""A number to look for, as it was written; an operation reads it, by the region that counts there."""

Region = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra={"pattern": "^[A-Za-z]{2}$"})]
