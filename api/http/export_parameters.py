"""The query parameters of exports: the format, the columns, the zone of times."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.http.table_responses import CSV, EXCEL_SAYS, JSON_LINES, XLSX
from orchestrator.contact_files.table_shape import TableShape, read_columns
from orchestrator.policy.zones.named_zone import Zone

Format = Literal["csv", "excel", "jsonl", "xlsx"]
_BY_MEDIA: dict[str, Format] = {CSV: "csv", JSON_LINES: "jsonl", XLSX: "xlsx"}


def _columns(text: str) -> str:
    try:
        read_columns(text)
    except ValueError as err:
        raise PydanticCustomError("columns", "{why}", {"why": str(err)}) from err
    return text


class ExportQuery(BaseModel):
    """How to write a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format | None = Field(
        None,
        description=f"Left out, the Accept header decides. {EXCEL_SAYS} `xlsx`: a workbook, of at most 1,048,575 rows.",
    )
    columns: Annotated[str, AfterValidator(_columns)] | None = Field(
        None,
        max_length=20_000,
        description="Names of columns with commas between them, in the order to write them; left out: all.",
        examples=["phone,status,outcome"],
    )
    tz: Zone | None = Field(None, description="The zone of times, which then have its offset; left out: UTC.")

    def format_for(self, request: Request) -> Format:
        """Return the format that is asked for, by name or in the Accept header."""
        return self.format or _BY_MEDIA[request.accept_mimetypes.best_match([*_BY_MEDIA], default=CSV)]

    def shape_for(self, written: Format) -> TableShape:
        """Return the shape that is asked for."""
        return TableShape(read_columns(self.columns) if self.columns else None, self.tz, written == "xlsx")
