"""Explains whether a number that is in no campaign might be dialed at a moment, under settings of one's own."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.explained import Explained, dials_from_its_caller_id, in_words, zones_at
from orchestrator.policy.campaign_rules import (
    DEFAULT_NUMBER_GAP,
    CallingHours,
    CampaignPurpose,
    CampaignVoice,
    NumberGap,
    RetryRules,
    Subject,
)
from orchestrator.policy.caps import Caps
from orchestrator.policy.explain import explain
from orchestrator.policy.phone.field import Number
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.zones.named_zone import Zone
from orchestrator.store.sql.dial_checks import gate_facts, read_supposed_facts
from orchestrator.store.sql.dialing_stop import read_stop

_CONTACT = ("timezone", "not_before", "not_after")
_CAMPAIGN = ("purpose", "subject", "voice", "starts_at", "ends_at", "default_timezone", "calling_hours", "caps")


class NumberToExplain(BaseModel):
    """A number, a moment, and what the campaign and the contact would say: fields as in a campaign and a contact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number
    at: Moment | None = Field(None, description="Left out: now.")
    timezone: Zone | None = None
    not_before: Moment | None = None
    not_after: Moment | None = None
    purpose: CampaignPurpose = None
    subject: Subject = None
    voice: CampaignVoice = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    default_timezone: Zone | None = None
    calling_hours: CallingHours = CallingHours()
    number_gap: NumberGap = DEFAULT_NUMBER_GAP
    caps: Caps = Caps()


def explain_number(wanted: NumberToExplain, *, sql: Engine, caps: Caps) -> Explained:
    """Return what the gate would say of a number in a running campaign with these settings.

    Dials and opt-outs are those that the ledger knew at `at`. Of these caps and the installation's the smaller hold.
    """
    with sql.connect() as tx:
        row = read_supposed_facts(tx, _contact(wanted), _campaign(wanted), caps, at=wanted.at)
        when, stop = row["db_now"], read_stop(tx)
        dials = dials_from_its_caller_id(tx, row, at=wanted.at)
    explanation = explain(gate_facts(row, contact_status_ok=True, from_caller_id=dials), when)
    return Explained(when, explanation, in_words(explanation, stop=stop), zones_at(row, when), ())


def _contact(wanted: NumberToExplain) -> dict[str, Any]:
    """Return the columns of a contact that nobody has called yet."""
    columns = wanted.model_dump(mode="json", include=set(_CONTACT))
    fixed = {"id": "", "variables": {}, "tally": {}, "attempts": 0, "ignore_hours": False}
    return {**fixed, **columns, "phone": wanted.phone, "status": ContactStatus.WAITING.value}


def _campaign(wanted: NumberToExplain) -> dict[str, Any]:
    """Return the columns of a running campaign."""
    columns = wanted.model_dump(mode="json", include=set(_CAMPAIGN))
    fixed = {"id": "", "kind": "campaign", "status": CampaignStatus.RUNNING.value, "caller_ids": []}
    retry = RetryRules().model_dump(mode="json")
    return {**fixed, **columns, "number_gap_s": int(wanted.number_gap.total_seconds()), "retry": retry}
