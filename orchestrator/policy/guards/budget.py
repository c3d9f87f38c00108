"""What a campaign may spend: exact amounts in the currency in which the carrier bills the account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

DEFAULT_CURRENCY: Final = "USD"
_AMOUNT: Final = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?", re.ASCII)


def read_amount(value: Any) -> Decimal:
    """Return an amount above zero that is written as text, such as "25" or "0.015"; a JSON number is no exact one."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value) or Decimal(value) == 0:
        raise PydanticCustomError("amount", 'write an amount above 0 as text with up to six decimals, such as "25.00"')
    return Decimal(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(read_amount),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}([.][0-9]{1,6})?$", "examples": ["25.00"]}),
]


class Spend(BaseModel):
    """What a campaign may spend on a day (UTC) and in all; at least one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_day: Amount | None = Field(None, description="At most on one day, by UTC.")
    total: Amount | None = Field(None, description="At most in all.")
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = Field(
        DEFAULT_CURRENCY, description="The currency in which the carrier bills the account; nothing is converted."
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.per_day is None and self.total is None:
            raise PydanticCustomError("spend", "give per_day, total or both")
        return self


def cost_told(cost: Mapping[str, Any] | None, *, currency: str = "") -> Decimal | None:
    """Return what a `call.cost` says in all, exact; None where it says nothing, or another currency than this one."""
    if not cost:
        return None
    said = str(cost.get("total_cost") if cost.get("total_cost") is not None else "").strip()
    parts = cost.get("cost_parts")
    told = (
        {str(part.get("currency") or "") for part in parts if isinstance(part, Mapping)}
        if isinstance(parts, list)
        else set()
    )
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,12})?", said, re.ASCII) or (currency and told - {"", currency}):
        return None
    return Decimal(said)
