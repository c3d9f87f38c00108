"""Calls one number as a contact of a campaign would be called, so that whoever sets it up hears it first."""

from __future__ import annotations

from typing import Any, Self

import redis
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, FieldError, InvalidInput
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.campaigns.explain_number import NOBODY_YET
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import Never
from orchestrator.policy.gate.refusals import FOR_EVER
from orchestrator.policy.phone.field import Number
from orchestrator.policy.variables import Value, with_shared
from orchestrator.policy.zones.named_zone import read_zone
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import campaigns, contacts
from orchestrator.store.sql.dial_checks import gate_facts, read_supposed_facts
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.flow_cache import FlowCache


class TestCall(BaseModel):
    """Whom to call, and as which contact."""

    __test__ = False  # for pytest it has the name of tests

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    to: Number = Field(description="Your own number: whoever answers hears what the contact would.")
    contact_id: str | None = Field(None, description="A contact of the campaign, whose values are heard.")
    variables: dict[str, Value] | None = Field(None, description="Values, instead of a contact.")

    @model_validator(mode="after")
    def _is_of_one_contact(self) -> Self:
        if self.contact_id is not None and self.variables is not None:
            raise PydanticCustomError("variables", "give either `contact_id` or `variables`")
        return self


def place_test_call(
    campaign_id: str,
    wanted: TestCall,
    *,
    contact_id: str,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    flows: FlowCache,
    settings: Settings,
    caps: Caps,
    clock: Clock,
) -> Row[Any]:
    """Place a single call that sounds as the campaign's; the same `contact_id` again is the same call.

    It belongs to no campaign: it is in no stats and no budget of this one. Calling hours, and those of the law, are
    ignored, and it says so; all else that the gate asks holds for the number that is called. Raises what place_call
    raises, and InvalidInput for a contact of another campaign or an erased one.
    """
    with sql.connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        shown = sorted(campaigns.list_caller_ids(tx, campaign_id))
        contact = contacts.find_contact(tx, wanted.contact_id) if wanted.contact_id else None
        never = _never(tx, campaign_id, wanted.to, caps)
    if wanted.contact_id and (contact is None or contact.campaign_id != campaign_id):
        raise InvalidInput([FieldError("/contact_id", "unknown", "the campaign has no such contact")])
    if never:
        raise Conflict(never.reason.value, never.reason.sentence, status=campaign.status)
    if not shown:
        raise Conflict("no_caller_id", "The campaign has no caller id left to call from.", status=campaign.status)
    call = NewCall(
        to=wanted.to,
        from_=(campaign.caller_ids or shown)[0],
        flow=campaign.flow_id,
        variables=with_shared(contact.variables if contact else wanted.variables or {}, campaign.variables),
        external_id=contact.external_id if contact else None,
        timezone=_known_zone(contact.timezone) if contact else None,
        region=contact.region if contact else None,
        ignore_hours=True,
        because=f"a test call of {campaign_id}",
    )
    ids = {"contact_id": contact_id, "values_of": wanted.contact_id}
    stores: dict[str, Any] = {**ids, "sql": sql, "client": client, "keys": keys}
    return place_call(call, flows=flows, settings=settings, caps=caps, clock=clock, **stores)


def _never(tx: Connection, campaign_id: str, phone: str, caps: Caps) -> Never | None:
    """Return why this campaign may never call a number, if so: its own opt-outs, lists and revocations hold, too."""
    settings = campaigns.columns_of_campaign(tx, campaign_id)
    at_work = {**settings, "status": CampaignStatus.RUNNING.value, "starts_at": None, "ends_at": None}
    row = read_supposed_facts(tx, {**NOBODY_YET, "phone": phone}, at_work, caps, at=None)
    facts = gate_facts(row, contact_status_ok=True, from_caller_id=Dials())
    answers = (check.judge(facts, row["db_now"]) for check in FOR_EVER)
    return next((answer for answer in answers if isinstance(answer, Never)), None)


def _known_zone(name: str | None) -> str | None:
    """Return a contact's time zone; None for one that was stored once and is refused today."""
    zone = read_zone(name) if name else None
    return zone if isinstance(zone, str) else None
