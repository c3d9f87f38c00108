"""A model of the carrier's JSON that reads what it can and never refuses."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidatorFunctionWrapHandler, field_validator


class LenientModel(BaseModel):
    """An object of the carrier's; a field that is missing or cannot be read is None, an unknown one is dropped.

    Numbers may come as text and text as numbers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, allow_inf_nan=False)

    @field_validator("*", mode="wrap")
    @classmethod
    def _none_where_unreadable(cls, value: Any, read: ValidatorFunctionWrapHandler) -> Any:
        try:
            return read(value)
        except ValidationError:
            return None
