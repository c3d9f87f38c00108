"""The countries that a connection dials, as a request says them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.policy.phone.number_region import DIALABLE_REGIONS

MEAN: Final = (
    "The countries that are dialed, such as US and CA; 001 is for codes of no country. Null: those of the caller ids, "
    "where a number of the US is of the US alone."
)
"""What the field means, for the documentation."""

_WRITTEN_AS = {"type": "string", "pattern": "^([A-Za-z]{2}|001)$", "examples": ["US"]}


def _read(value: Any) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in DIALABLE_REGIONS:
        detail = "{got} is no country by two letters, such as US, nor 001"
        raise PydanticCustomError("unknown_region", detail, {"got": repr(value)})
    return code


def _at_least_one(regions: list[str]) -> list[str]:
    if not regions:
        raise PydanticCustomError("dial_regions", "at least one country; null for those of the caller ids")
    return sorted(set(regions))


DialRegions = Annotated[
    list[Annotated[str, BeforeValidator(_read), WithJsonSchema(_WRITTEN_AS)]],
    AfterValidator(_at_least_one),
    Field(json_schema_extra={"minItems": 1, "maxItems": len(DIALABLE_REGIONS), "examples": [["US", "CA"]]}),
]
"""Countries, each once; `001` for the codes of none."""
