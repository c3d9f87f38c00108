"""Tags by which people find their campaigns: short words, each written in one way."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from orchestrator.policy.names import all_seen, one_form

LONGEST_TAG = 50
MOST_TAGS = 20


def read_tag(text: str) -> str:
    """Return a tag in small letters and with single spaces; raise pydantic's error for what is none."""
    tag = " ".join(one_form(all_seen(text)).lower().split())
    if not 1 <= len(tag) <= LONGEST_TAG:
        raise PydanticCustomError("tag", f"a tag has 1 to {LONGEST_TAG} characters")
    return tag


def _once_each(tags: tuple[str, ...]) -> tuple[str, ...]:
    once = tuple(dict.fromkeys(tags))
    if len(once) > MOST_TAGS:
        raise PydanticCustomError("tags", f"at most {MOST_TAGS} tags")
    return once


Tag = Annotated[str, AfterValidator(read_tag), Field(json_schema_extra={"minLength": 1})]
"""A tag as somebody writes it: ` Spring  Sale ` is `spring sale`."""

Tags = Annotated[
    tuple[Tag, ...],
    AfterValidator(_once_each),
    Field(description=f"To find it by: at most {MOST_TAGS}, in small letters, each once."),
]
