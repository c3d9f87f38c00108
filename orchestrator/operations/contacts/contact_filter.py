"""Which contacts a request is about, by what is stored of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.id_fields import CampaignId
from orchestrator.policy.phone.field import Number
from orchestrator.policy.tags import Tag

_Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Dispositions = Annotated[
    list[Disposition] | None, Field(min_length=1, max_length=20, description="How the last call ended.")
]
Outcomes = Annotated[list[_Word] | None, Field(min_length=1, max_length=100, description="What the last call came to.")]


def _is_stored(reason: str) -> str:
    if reason == Reason.OUTSIDE_HOURS:
        raise PydanticCustomError("reason_of_a_moment", "{why}", {"why": _OF_A_MOMENT})
    return reason


_OF_A_MOMENT = (
    "who waits for calling hours to begin is held for them only at this moment, and may be called at the next: such "
    "contacts are `waiting` here"
)
Reasons = Annotated[
    list[Annotated[_Word, AfterValidator(_is_stored)]] | None,
    Field(min_length=1, max_length=100, description="As they are stored: not `outside_hours`, which is of a moment."),
]
Statuses = Annotated[
    list[ContactStatus] | None,
    Field(
        min_length=1,
        max_length=20,
        description="A contact that waits for calling hours to begin is `waiting` here, and not `held`.",
    ),
]


class CampaignFilter(BaseModel):
    """Some contacts of one campaign: of each field that is given, one of the values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statuses: Statuses = None
    reasons: Reasons = None
    dispositions: Dispositions = None
    outcomes: Outcomes = None

    def stored(self) -> dict[str, Any]:
        """Return what is asked for, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class ContactFilter(CampaignFilter):
    """Some contacts: of each field that is given, one of the values."""

    campaign_id: CampaignId | None = None
    tag: Tag | None = Field(None, description="Those of campaigns with this tag.")
    phone: Number | None = None
    external_id: str | None = None
