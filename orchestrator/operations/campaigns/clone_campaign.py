"""Makes a new draft of a campaign: its rules, and those of its contacts that are wanted, copied a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict
from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.contacts.bulk_changes import Stores, Way, begin_change, carry_on_for_a_request
from orchestrator.operations.contacts.contact_filter import CampaignFilter
from orchestrator.policy.campaign_rules import Name
from orchestrator.store.sql import campaigns, copies

_LONGEST_NAME = 200
_COPY = " (copy)"


class Clone(BaseModel):
    """What to take along into the new campaign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = Field(None, description="Left out: the name of the other, and `(copy)`.")
    contacts: Literal["none", "all"] | CampaignFilter = Field(
        "none", description="Which contacts come along: of each field of a filter that is given, one of its values."
    )


class Cloned(NamedTuple):
    """The new campaign, and how far its contacts are copied; None where none are."""

    campaign: Row[Any]
    copying: Row[Any] | None


def clone_campaign(
    campaign_id: str, wanted: Clone, *, clone_id: str, change_id: str, stores: Stores, clock: Clock
) -> Cloned:
    """Store the clone as a draft and return it; the same ids again return the same clone, and go on with its contacts.

    A half-made one is a draft whose change is `running`: an engine goes on with it. It keeps what is set by people and
    no history; times that have passed are left out.
    """
    with stores.sql.begin() as tx:
        source = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        copies.copy_campaign(tx, campaign_id, clone_id, _own(source, wanted, clock()))
        filters = {**_filter(wanted), "campaign_id": campaign_id}
        if wanted.contacts != "none":
            begin_change(tx, change_id, COPYING, filters=filters, wanted={}, campaign_id=clone_id)
    copying = None if wanted.contacts == "none" else carry_on_for_a_request(change_id, COPYING, stores)
    with stores.sql.connect() as tx:
        return Cloned(found(campaigns.find_campaign(tx, clone_id), clone_id), copying)


def _own(source: Row[Any], wanted: Clone, now: datetime) -> dict[str, Any]:
    ahead = {name: moment for name in ("starts_at", "ends_at") if (moment := getattr(source, name)) and moment > now}
    name = wanted.name or source.name[: _LONGEST_NAME - len(_COPY)] + _COPY
    return {"starts_at": None, "ends_at": None, **ahead, "name": name}


def _filter(wanted: Clone) -> dict[str, Any]:
    return wanted.contacts.stored() if isinstance(wanted.contacts, CampaignFilter) else {}


def _copy(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    zones = copies.copy_contacts(tx, contact_ids, to=change.campaign_id)
    campaign = campaigns.share_lock_campaign(tx, change.campaign_id)
    if campaign is None or campaign.status in FINAL_CAMPAIGN:
        detail = "The new campaign ended before all contacts were copied."
        raise Conflict("campaign_over", detail, status=campaign.status if campaign else None)
    campaigns.add_zones(tx, change.campaign_id, list(set(zones)))
    return len(zones)


COPYING = Way("copy", apply=_copy)
