"""What an upload of contacts needs to know about its campaign: the inputs of its flow, and the zone of each contact."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.contact_files.contact_rows import ContactForm, NewContact
from orchestrator.errors import Conflict, NotFound
from orchestrator.model.campaign_status import OPEN_CAMPAIGN, CampaignStatus
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.variables import given_to_all, is_blank
from orchestrator.policy.zones.contact_zones import Provenance, binding_zones, zones_for
from orchestrator.store.sql.campaigns import find_campaign, lock_campaign, share_lock_campaign
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.outdated_zones import mark_outdated


@dataclass(frozen=True)
class UploadTarget:
    """A campaign as an upload sees it."""

    campaign_id: str
    form: ContactForm
    default_timezone: str | None
    now: datetime
    given: frozenset[str] = frozenset()  # inputs that the flow requires and the campaign gives to everybody

    def zone_of(self, contact: NewContact) -> str:
        """Return the key of the zones in which a contact may be."""
        said = contact.timezone, self.default_timezone
        return zones_for(contact.phone, *said, region=contact.region, now=self.now).key

    def binding_zones_of(self, contact: NewContact) -> dict[str, Provenance]:
        """Return each zone that decides when a contact may be called, and who says it."""
        said = contact.timezone, contact.timezone_source, self.default_timezone
        return binding_zones(contact.phone, *said, region=contact.region, now=self.now)

    def in_region(self, region: str | None) -> UploadTarget:
        """Return this target with national numbers read as those of `region`."""
        return replace(self, form=replace(self.form, region=region))

    def giving(self, inputs: Collection[str]) -> UploadTarget:
        """Return this target as if its campaign gave these inputs to everybody as well."""
        form = self.form
        given = tuple(name for name in form.required if name in inputs)
        required = tuple(name for name in form.required if name not in inputs)
        return replace(self, form=replace(form, required=required, optional=(*form.optional, *given)))

    def has_changed(self, campaign: Row[Any]) -> bool:
        """Return whether the campaign places contacts otherwise now."""
        return bool(self.default_timezone != campaign.default_timezone)


def upload_target_of(
    campaign_id: str, *, sql: Engine, flows: FlowCache, clock: Clock, even_completed: bool = False
) -> UploadTarget:
    """Return what an upload to a campaign needs; raise Conflict for a campaign that has ended.

    With `even_completed` only for one that was canceled: a completed one may run again.
    """
    with sql.connect() as tx:
        campaign = _taking_contacts(tx, campaign_id, find_campaign, even_completed=even_completed)
    return _target(campaign, flows, clock)


def lock_target(
    tx: Connection, campaign_id: str, *, flows: FlowCache, clock: Clock, runs_again: bool = False
) -> UploadTarget:
    """Keep a campaign as it is until the transaction ends, and return what a change of its contacts needs.

    Called before a contact is locked, in the order of a change of the campaign. `runs_again` for a contact that is to
    wait once more: its campaign may be completed, and is locked as for that. Raises as `upload_target_of`.
    """
    lock = lock_campaign if runs_again else share_lock_campaign
    return _target(_taking_contacts(tx, campaign_id, lock, even_completed=runs_again), flows, clock)


def _target(campaign: Row[Any], flows: FlowCache, clock: Clock) -> UploadTarget:
    flow = flows.get(campaign.flow_id)
    given = given_to_all(flow.required_inputs, campaign.variables)
    return UploadTarget(
        campaign_id=campaign.id,
        form=ContactForm(
            required=tuple(name for name in flow.required_inputs if name not in given),
            optional=(*flow.optional_inputs, *given),
            allowed_kinds=frozenset(map(NumberKind, campaign.allow_number_kinds)),
        ),
        default_timezone=campaign.default_timezone,
        now=clock(),
        given=given,
    )


def hold_open(tx: Connection, place: UploadTarget, *, contact_ids: Collection[str] = ()) -> None:
    """Keep a campaign from completing until this transaction ends; raise Conflict if it has (R22).

    So too where it gives its contacts less than when they were read: they would lack an input. Where it places contacts
    otherwise, those with `contact_ids`, just written, are placed anew. Called behind what takes long, so that dials
    which lock the same row wait for a commit and not for an upload, and before zones are added, as all others do.
    """
    campaign = _taking_contacts(tx, place.campaign_id, share_lock_campaign)
    missing = sorted(name for name in place.given if is_blank(campaign.variables.get(name)))
    if missing:
        detail = f"The campaign no longer gives {', '.join(missing)} to everybody; send the contacts again."
        raise Conflict("variables_changed", detail, status=campaign.status)
    if place.has_changed(campaign):
        mark_outdated(tx, contact_ids)


def _taking_contacts(
    tx: Connection,
    campaign_id: str,
    read: Callable[[Connection, str], Row[Any] | None],
    *,
    even_completed: bool = False,
) -> Row[Any]:
    row = read(tx, campaign_id)
    if row is None:
        raise NotFound("campaign", campaign_id)
    is_over = row.status not in OPEN_CAMPAIGN
    if is_over and not (even_completed and row.status == CampaignStatus.COMPLETED):
        detail = f"The campaign is {row.status}; contacts go into a new one."
        raise Conflict("campaign_over", detail, status=row.status, allowed=OPEN_CAMPAIGN)
    return row
