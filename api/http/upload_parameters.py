"""The query parameters that say how an uploaded file is to be read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from orchestrator.contact_files.column_map import WRITTEN
from orchestrator.contact_files.text_encoding import KNOWN
from orchestrator.policy.phone.field import Region


def _known_encoding(name: str) -> str:
    if name.lower() not in KNOWN:
        raise PydanticCustomError("unknown_encoding", "write one of {known}", {"known": ", ".join(KNOWN)})
    return name.lower()


EncodingName = Annotated[str, AfterValidator(_known_encoding), Field(json_schema_extra={"enum": list(KNOWN)})]


class FileQuery(BaseModel):
    """How to read a CSV file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Region | None = Field(
        None, description="The country of numbers without a country code. Of a CSV file only."
    )
    map: str | None = Field(
        None,
        max_length=10_000,
        description="The target of columns, by their headers; put a pair in double quotes if its header holds a comma. "
        "Of a CSV file only.",
        examples=[WRITTEN],
    )
    encoding: EncodingName | None = Field(
        None,
        description="Left out, UTF-8, UTF-16 and Windows-1252 are detected; a byte order mark always decides. "
        "Of a CSV file only.",
    )


class ProblemKind(BaseModel):
    """Rows that were refused for the same reason: how many, the first of them, and the first one's detail."""

    status: Literal["duplicate", "invalid"]
    code: str
    field: str | None = Field(description="The field that is wrong, such as `phone` or `variables/first_name`.")
    detail: str
    count: int
    rows: list[int]
