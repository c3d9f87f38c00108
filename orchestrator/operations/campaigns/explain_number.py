"""Explains whether a number that is in no campaign might be dialed at a moment, under settings of one's own."""

from __future__ import annotations

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.caller_ids.write_pools import hold_pool
from orchestrator.operations.campaigns.create_campaign import gap_s, known_lists
from orchestrator.operations.contacts.explained import Explained, in_words, pool_in_use, with_pool, zones_at
from orchestrator.policy.campaign_rules import (
    DEFAULT_NUMBER_GAP,
    CallerIds,
    CallingHours,
    CampaignPurpose,
    CampaignVoice,
    NumberGap,
    PoolId,
    RetryRules,
    Subject,
    check_either,
)
from orchestrator.policy.caps import Caps
from orchestrator.policy.consents import ConsentRule
from orchestrator.policy.explain import explain
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.law.setting import LawSetting
from orchestrator.policy.lists.campaign_lists import CampaignLists
from orchestrator.policy.phone.allowed_kinds import AllowedKinds
from orchestrator.policy.phone.field import Number
from orchestrator.policy.region_codes import MEANS as REGION_MEANS
from orchestrator.policy.region_codes import PersonsRegion
from orchestrator.policy.timestamps import Moment, MomentToCall
from orchestrator.policy.zones.named_zone import Zone
from orchestrator.policy.zones.timezone_source import MEANS as SOURCE_MEANS
from orchestrator.policy.zones.timezone_source import SaidSource
from orchestrator.settings import Settings
from orchestrator.store.sql.dial_checks import gate_facts, read_supposed_facts
from orchestrator.store.sql.dial_counts import CallerIdCap, Dials, count_from
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.installation_policy import caps_in_force

_CONTACT = ("timezone", "timezone_source", "region", "not_before", "not_after")
_CAMPAIGN = (
    *("purpose", "subject", "voice", "law", "allow_number_kinds", "consent"),
    *("starts_at", "ends_at", "default_timezone", "calling_hours", "caller_id_pool"),
)

NOBODY_YET: Final = {
    "id": "",
    "variables": {},
    "tally": {},
    "attempts": 0,
    "ignore_hours": False,
    "status": ContactStatus.WAITING.value,
}
"""The columns of a contact whom nobody has called yet."""


class NumberToExplain(BaseModel):
    """A number, a moment, and what the campaign and the contact would say: fields as in a campaign and a contact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number
    at: MomentToCall | None = Field(None, description="Left out: now.")
    timezone: Zone | None = None
    timezone_source: SaidSource | None = Field(None, description=SOURCE_MEANS)
    region: PersonsRegion | None = Field(None, description=REGION_MEANS)
    not_before: Moment | None = None
    not_after: Moment | None = None
    caller_id_pool: PoolId | None = None
    caller_ids: CallerIds | None = Field(
        None,
        description="The numbers shown. Of several a contact would see one of its own; here the one with most room "
        "counts. Without these and a pool no cap of caller ids is asked, nor whose countries are dialed.",
    )
    purpose: CampaignPurpose = None
    subject: Subject = None
    voice: CampaignVoice = None
    law: LawSetting = LawSetting()
    allow_number_kinds: AllowedKinds = ()
    starts_at: MomentToCall | None = None
    ends_at: Moment | None = None
    default_timezone: Zone | None = None
    calling_hours: CallingHours = CallingHours()
    number_gap: NumberGap = DEFAULT_NUMBER_GAP
    caps: Caps = Caps()
    consent: ConsentRule = ConsentRule()
    lists: CampaignLists = CampaignLists()

    @model_validator(mode="after")
    def _names_its_caller_ids_in_one_way(self) -> Self:
        check_either(self.caller_ids, self.caller_id_pool)
        return self


def explain_number(wanted: NumberToExplain, *, sql: Engine, caps: Caps, settings: Settings) -> Explained:
    """Return what the gate would say of a number in a running campaign with these settings.

    Dials and opt-outs are those that the ledger knew at `at`. Of these caps and the installation's the smaller hold.
    Raises InvalidInput for an unknown pool of caller ids, and for a list that is unknown or of another kind.
    """
    with sql.connect() as tx:
        hold_pool(tx, wanted.caller_id_pool)
        campaign = {
            **_campaign(wanted),
            "lists": known_lists(tx, wanted.lists).model_dump(mode="json"),
            "number_gap_s": gap_s(wanted, wanted.number_gap, wanted.purpose, caps_in_force(tx, caps)),
            "connection_id": settings.telnyx_connection_id,
        }
        row = read_supposed_facts(tx, _contact(wanted), campaign, caps, at=wanted.at)
        when, stop = row["db_now"], read_stop(tx)
        dials, pool = _dials_from(tx, row, wanted), pool_in_use(tx, row, at=wanted.at)
    facts = gate_facts(row, contact_status_ok=True, from_caller_id=dials)
    explanation = explain(with_pool(facts, pool, when), when)
    regions = regions_of(wanted.phone, wanted.region)
    return Explained(when, explanation, in_words(explanation, stop=stop), zones_at(row, when), regions)


def _contact(wanted: NumberToExplain) -> dict[str, Any]:
    """Return the columns of a contact that nobody has called yet."""
    columns = wanted.model_dump(mode="json", include=set(_CONTACT))
    return {**NOBODY_YET, **columns, "phone": wanted.phone}


def _campaign(wanted: NumberToExplain) -> dict[str, Any]:
    """Return the columns of a running campaign."""
    columns = wanted.model_dump(mode="json", include=set(_CAMPAIGN))
    fixed = {"id": "", "name": "", "kind": "campaign", "status": CampaignStatus.RUNNING.value}
    shown, retry = list(wanted.caller_ids or ()), RetryRules().model_dump(mode="json")
    return {**fixed, **columns, "caller_ids": shown, "caps": wanted.caps.stored(), "retry": retry}


def _dials_from(tx: Connection, row: RowMapping, wanted: NumberToExplain) -> Dials:
    """Return what was dialed in 24 h from the caller id with the most room, where these are capped."""
    cap, caller_ids = row["caller_id_day_limit"], wanted.caller_ids or ()
    if cap is None or not caller_ids:
        return Dials()
    counted = count_from(tx, [CallerIdCap(number, cap) for number in caller_ids], at=wanted.at)
    return min(counted, key=lambda dials: (dials.counted, dials.frees_at is None, dials.frees_at))
