"""Pages of a list: newest first, by keyset, with an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Generic, LiteralString, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")
NO_CURSOR: LiteralString = "this is no cursor; send next_cursor of the page before, unchanged"
"""What is said of a cursor that no page of the list has given."""


def encode_cursor(last_id: str) -> str:
    """Return the cursor that continues after `last_id`."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the id a cursor continues after; raises a field error for what was never a cursor."""
    try:
        ident = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        ident = ""
    if "_" not in ident or not ident.replace("_", "").isalnum():
        raise PydanticCustomError("cursor", NO_CURSOR)
    return ident


Cursor = Annotated[str, AfterValidator(decode_cursor), Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"})]


class PageQuery(BaseModel):
    """What every list takes; its `ids` begin so, and the cursor of another list is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ids: ClassVar[str] = ""

    limit: int = Field(50, ge=1, le=500, description="How many at most.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")

    @field_validator("cursor")
    @classmethod
    def _is_of_this_list(cls, after: str | None) -> str | None:
        if after is not None and not re.match(cls.ids, after):
            raise PydanticCustomError("cursor", NO_CURSOR)
        return after

    @property
    def after(self) -> str | None:
        """The id this page continues after, or None for the first page."""
        return self.cursor

    def filters(self) -> dict[str, Any]:
        """Return what was asked for besides the page itself, as {name: value}."""
        asked = {name: getattr(self, name) for name in type(self).model_fields}
        return {k: v for k, v in asked.items() if v is not None and k not in PageQuery.model_fields}


def page_of(kind: str) -> type[PageQuery]:
    """Return what a list without filters takes, whose ids begin so."""

    class Listed(PageQuery):
        __doc__ = PageQuery.__doc__
        ids = kind

    return Listed


class Page(BaseModel, Generic[Item]):
    """One page of a list, newest first; `next_cursor` is null on the last.

    A page may have fewer than were asked for, or none, and others behind it, where few of many fit the filters.
    """

    data: list[Item]
    next_cursor: str | None


def cut_page(
    rows: Sequence[Any],
    query: PageQuery,
    *,
    shape: Callable[[Any], Item],
    ident: Callable[[Any], str] = lambda row: str(row.id),
    goes_on_after: str | None = None,
) -> Page[Item]:
    """Return the page of `rows`, which were read with one row more than the limit, or cut short at `goes_on_after`.

    Its cursor is the last `ident`.
    """
    kept = rows[: query.limit]
    last = ident(kept[-1]) if len(rows) > query.limit else goes_on_after
    return Page(data=[shape(row) for row in kept], next_cursor=encode_cursor(last) if last else None)
