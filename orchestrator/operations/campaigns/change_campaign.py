"""Changes the fields of a campaign, as far as its status allows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, FieldError, InvalidInput
from orchestrator.model.campaign_status import OPEN_CAMPAIGN, CampaignStatus
from orchestrator.operations.caller_ids.write_pools import HELD_BY_CALLER_IDS, hold_pool
from orchestrator.operations.campaigns.create_campaign import (
    check_caps,
    check_outcomes,
    columns_of,
    found,
    known_lists,
)
from orchestrator.operations.campaigns.share_variables import check_inputs, merged
from orchestrator.operations.dialing.drain_dials import wait_for_earlier_sends
from orchestrator.operations.flows.find_flows import check_ring, check_said, flow_named
from orchestrator.policy.campaign_rules import CampaignChanges, RetryRules
from orchestrator.policy.caps import Caps
from orchestrator.policy.hold_reasons import HELD_BY_CAPS, RELEASED_BY_LISTS, Reason
from orchestrator.policy.zones.contact_zones import tells_no_place
from orchestrator.store.sql import call_filters, campaigns
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.held_contacts import first_held, release_holds
from orchestrator.store.sql.installation_policy import caps_in_force
from orchestrator.store.sql.outdated_zones import mark_placed_by_default

_AT_REST = (CampaignStatus.DRAFT, CampaignStatus.PAUSED)
_BEFORE_START = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)

_SAID_BY = {"flow", "purpose", "voice"}

# By the campaign's own or the law's: they are held until both are open.
_HELD_BY_HOURS = (
    Reason.OUTSIDE_HOURS,
    Reason.ZONE_UNKNOWN,
    Reason.NO_COMMON_HOURS,
    Reason.LAW_HOURS,
    Reason.LAW_HOLIDAY,
)
_HELD_BY_LAW = (*_HELD_BY_HOURS, *HELD_BY_CAPS, Reason.LIST_STALE)
# Contacts held for one of these reasons are released when the field changes.
_HELD_BY = {
    "calling_hours": _HELD_BY_HOURS,
    "default_timezone": _HELD_BY_HOURS,
    "flow": _HELD_BY_LAW,  # it may speak with another voice, and so under another law
    "law": _HELD_BY_LAW,
    "voice": _HELD_BY_LAW,
    "number_gap": (Reason.NUMBER_GAP,),
    "caps": HELD_BY_CAPS,
    "consent": (Reason.CONSENT_MISSING, Reason.LIST_STALE),
    "purpose": (Reason.CONSENT_MISSING, *_HELD_BY_HOURS, *HELD_BY_CAPS, *RELEASED_BY_LISTS),  # some have no caps
    "subject": (Reason.SUBJECT_DAY_LIMIT,),
    "name": (Reason.SUBJECT_DAY_LIMIT,),  # its subject, where it says none
    "caller_ids": HELD_BY_CALLER_IDS,
    "caller_id_pool": HELD_BY_CALLER_IDS,
    "starts_at": (Reason.CAMPAIGN_NOT_STARTED,),
    "lists": RELEASED_BY_LISTS,
}
_MAY_FORBID = {*_HELD_BY, "ends_at", "allow_number_kinds"}


def change_campaign(
    campaign_id: str,
    changes: CampaignChanges,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    flows: FlowCache,
    caps: Caps,
    clock: Clock,
) -> Row[Any]:
    """Change the given fields and return the campaign; once this returns, nobody is dialed by what held before.

    Raises Conflict where the status does not allow a field, InvalidInput where a field contradicts the flow or a date.
    """
    wanted_id = flow_named(sql, changes.flow).id if changes.flow else None
    if wanted_id:
        check_ring(flows.get(wanted_id))
    with sql.begin() as tx:
        campaign = found(campaigns.lock_campaign(tx, campaign_id), campaign_id)
        expects(campaign._mapping)
        _check_status(campaign, changes)
        _check_dates(campaign, changes)
        check_caps(changes.caps, allowed=caps_in_force(tx, caps))
        hold_pool(tx, changes.caller_id_pool)
        flow_id = wanted_id or campaign.flow_id
        flow = flows.get(flow_id)
        check_outcomes(changes.retry or RetryRules.model_validate(campaign.retry), flow)
        shared = merged(flow, campaign.variables, changes.variables or {})
        if flow_id != campaign.flow_id or changes.variables is not None:
            check_inputs(tx, campaign, flow, is_new_flow=flow_id != campaign.flow_id, shared=shared)
        columns = {**columns_of(changes, changes.model_fields_set), "flow_id": flow_id, "variables": shared}
        if changes.lists:
            columns["lists"] = known_lists(tx, changes.lists).model_dump(mode="json")
        if changes.model_fields_set & _SAID_BY:
            said = {name: columns.get(name, getattr(campaign, name)) for name in ("purpose", "voice")}
            check_said(flow, **said)
        campaigns.update_campaign(tx, campaign_id, columns)
        changed = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        _apply_to_contacts(tx, campaign, changed, changes, now=clock())
    if changes.model_fields_set & _MAY_FORBID:
        wait_for_earlier_sends(call_filters.of_campaign(campaign_id), sql=sql)
    return changed


def _check_status(campaign: Row[Any], changes: CampaignChanges) -> None:
    # A later end is what lets a completed campaign run again, by a redial.
    _allow(campaign, (*OPEN_CAMPAIGN, CampaignStatus.COMPLETED), sorted(changes.model_fields_set & {"ends_at"}))
    _allow(campaign, OPEN_CAMPAIGN, sorted(changes.model_fields_set - {"ends_at"}))
    _allow(campaign, _AT_REST, changes.at_rest_only)
    _allow(campaign, _BEFORE_START, sorted(changes.model_fields_set & {"starts_at"}))


def _allow(campaign: Row[Any], allowed: tuple[CampaignStatus, ...], fields: list[str]) -> None:
    if fields and campaign.status not in allowed:
        detail = f"{', '.join(fields)} cannot be changed while the campaign is {campaign.status}."
        raise Conflict("not_changeable", detail, status=campaign.status, allowed=allowed)


def _check_dates(campaign: Row[Any], changes: CampaignChanges) -> None:
    dates = {name: getattr(campaign, name) for name in ("starts_at", "ends_at")}
    dates |= {name: getattr(changes, name) for name in dates.keys() & changes.model_fields_set}
    if dates["starts_at"] and dates["ends_at"] and dates["ends_at"] <= dates["starts_at"]:
        raise InvalidInput([FieldError("/ends_at", "ends_at", "ends_at must be later than starts_at")])


def _apply_to_contacts(
    tx: Connection, before: Row[Any], campaign: Row[Any], changes: CampaignChanges, *, now: datetime
) -> None:
    reasons = sorted({reason for field in changes.model_fields_set & _HELD_BY.keys() for reason in _HELD_BY[field]})
    if "default_timezone" in changes.model_fields_set:
        placeless = [zone for zone in campaigns.list_zones(tx, campaign.id) if tells_no_place(zone, now.year)]
        # All at once, by their ids: each of the steps that follow would begin with low ones again.
        released = first_held(tx, campaign.id, reasons)
        campaigns.lock_placed(tx, campaign.id, [before.default_timezone, *placeless], besides=released)
        if before.default_timezone not in (None, campaign.default_timezone):
            mark_placed_by_default(tx, campaign.id, before.default_timezone)
        if campaign.default_timezone:
            campaigns.add_zones(tx, campaign.id, [campaign.default_timezone])
            campaigns.move_zones(tx, campaign.id, placeless, to=campaign.default_timezone)
    if reasons:
        release_holds(tx, [campaign.id], reasons)
