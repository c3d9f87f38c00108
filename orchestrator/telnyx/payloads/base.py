"""What every payload is: frozen, open, and never too strange to be read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler
from pydantic import field_validator as validates

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.timestamps import parse_moment

_Word = TypeVar("_Word")
_Item = TypeVar("_Item", bound="Fact")


def _objects(items: Any) -> Any:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else items


# Aware; UTC where the carrier names no zone.
Moment = Annotated[datetime, BeforeValidator(parse_moment)]
# A word of a closed set, or the text of one that is newer than this release.
OrText = Annotated[_Word | str, Field(union_mode="left_to_right")]
# All that are objects; anything else in the list is left out.
Many = Annotated[tuple[_Item, ...], BeforeValidator(_objects)]


class Fact(BaseModel):
    """A piece of a payload: what is missing or cannot be read is None, what nobody announced is kept as an extra.

    Numbers may come as text and text as numbers. A word that a closed set does not know stays the text it is.
    """

    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True, allow_inf_nan=False)

    @validates("*", mode="wrap")
    @classmethod
    def _none_where_unreadable(cls, value: Any, read: ValidatorFunctionWrapHandler) -> Any:
        try:
            return read(value)
        except ValidationError:
            return None


class Payload(Fact):
    """What the webhooks of a leg share, and all there is to know of a type that is newer than this release.

    `client_state` is None until somebody set one. `from_` and `to`, and the rest below them, come with some types only.
    """

    event_type: ClassVar[EventType | None] = None

    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    connection_id: str | None = None
    client_state: str | None = None
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    calling_party_type: str | None = None
