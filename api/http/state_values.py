"""States in the API's documents: the values of an enum, checked and described like a list of words."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import GetPydanticSchema
from pydantic_core import CoreSchema, core_schema


def values_of(states: type[StrEnum]) -> GetPydanticSchema:
    """Return the annotation by which a field takes one of these values.

    The document shows them where they are used, and not as a component of their own.
    """

    def literal(_source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema([state.value for state in states])

    return GetPydanticSchema(literal)
