"""Changes a contact on request; an attempt that is being dialed meets the change at the last check before its dial."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

import redis
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Engine, Row

from orchestrator.clock import Clock
from orchestrator.contact_files.contact_rows import ContactProblem, NewContact, read_contact
from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import FINAL_STATUSES, OPEN_CONTACTS, ContactStatus
from orchestrator.operations.contacts.find_contacts import find_contact
from orchestrator.operations.contacts.upload_target import UploadTarget, upload_target_of
from orchestrator.operations.dialing.release_attempts import (
    ReleasedAttempt,
    ReleaseReason,
    free_channels,
    release_attempts,
)
from orchestrator.policy.hold_reasons import HELD_BY_CAPS, Reason
from orchestrator.policy.names import all_seen
from orchestrator.policy.region_codes import MEANS as REGION_MEANS
from orchestrator.policy.region_codes import PersonsRegion
from orchestrator.policy.zones.named_zone import Zone
from orchestrator.policy.zones.timezone_source import MEANS as SOURCE_MEANS
from orchestrator.policy.zones.timezone_source import SaidSource
from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters, contacts
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.flow_cache import FlowCache

Outcome = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(all_seen)
]


_MAY_BE_TAKEN_AWAY = frozenset({"timezone_source", "region"})
_HELD_BY_PLACE = (
    Reason.ZONE_UNKNOWN,
    Reason.OUTSIDE_HOURS,
    Reason.LAW_HOURS,
    Reason.LAW_HOLIDAY,
    Reason.LIST_STALE,
    *HELD_BY_CAPS,  # the law of a place has caps and rests of its own
)


class ContactChange(BaseModel):
    """The fields of a contact that may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    status: Literal["canceled", "completed"] | None = None
    outcome: Outcome | None = Field(
        default=None, description="The result that was reached; only with status `completed`."
    )
    variables: dict[str, str | int | float | bool | None] | None = Field(
        default=None, description="Merged into the contact's variables; null removes one."
    )
    timezone: Zone | None = None
    timezone_source: SaidSource | None = Field(
        default=None, description=f"{SOURCE_MEANS} A timezone that is changed without it counts as from the crm."
    )
    region: PersonsRegion | None = Field(default=None, description=f"{REGION_MEANS} Null takes it away.")

    @model_validator(mode="after")
    def _outcome_needs_an_end(self) -> Self:
        if self.outcome is not None and self.status != "completed":
            raise PydanticCustomError("outcome", "an outcome goes with status `completed`")
        return self


def change_contact(
    contact_id: str,
    change: ContactChange,
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    flows: FlowCache,
    clock: Clock,
) -> Row[Any]:
    """Change a contact and return it; an ended contact is never dialed again, and a live call goes on to its end.

    Raises Conflict for one that has ended otherwise, InvalidInput for variables the flow cannot use.
    """
    known = find_contact(contact_id, sql=sql)
    is_checked = (
        change.variables is not None or change.timezone is not None or change.model_fields_set & _MAY_BE_TAKEN_AWAY
    )
    place = upload_target_of(known.campaign_id, sql=sql, flows=flows, clock=clock) if is_checked else None
    withdrawn: list[ReleasedAttempt] = []
    with sql.begin() as tx:
        live = contacts.live_call_of(tx, contact_id)  # before the contact, in the order of every dial
        contact = contacts.lock_contact(tx, contact_id)
        if contact is None:
            raise NotFound("contact", contact_id)
        if contact.status in FINAL_STATUSES:
            return _as_it_ended(contact, change)
        if change.status and live and live.state == AttemptState.RESERVED:
            way = ReleaseReason(Reason.CONTACT_CLOSED, final=ContactStatus(change.status), counts=False)
            withdrawn = release_attempts(tx, call_filters.of_call(live.id), way)
        columns = _columns(place, contact, change)
        contacts.update_contact(tx, contact, columns)
        if "zone" in columns:
            add_zones(tx, contact.campaign_id, [columns["zone"]])
    free_channels(client, keys, withdrawn)
    return find_contact(contact_id, sql=sql)


def _as_it_ended(contact: Row[Any], change: ContactChange) -> Row[Any]:
    if change.model_fields_set == {"status"} and change.status == contact.status:
        return contact
    detail = f"The contact has ended: it is {contact.status}."
    raise Conflict("contact_closed", detail, status=contact.status, allowed=OPEN_CONTACTS)


def _columns(place: UploadTarget | None, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if place:
        columns |= _checked(place, contact, change)
    if change.status:
        # without a current call, the result of the live one changes this contact no more (R18)
        columns |= {"status": change.status, "reason": "by_request", "current_call_id": None}
    if change.outcome:
        columns["outcome"] = change.outcome
    return columns


def _checked(place: UploadTarget, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    said = {place.form.input_for(name): value for name, value in (change.variables or {}).items()}
    merged = {**contact.variables, **said}
    document = {
        "phone": contact.phone,
        "timezone": change.timezone,
        "variables": {name: value for name, value in merged.items() if value is not None},
    }
    read = read_contact(document, place.form)
    if isinstance(read, ContactProblem):
        raise InvalidInput([FieldError(f"/{read.field}", read.code, read.detail)])
    # a stored time zone may be one that is refused today
    read = replace(read, timezone=read.timezone or contact.timezone)
    return {"variables": read.variables, **_place(place, contact, change, read)}


def _place(place: UploadTarget, contact: Row[Any], change: ContactChange, read: NewContact) -> dict[str, Any]:
    zone = place.zone_of(read)
    columns: dict[str, Any] = {"timezone": read.timezone}
    if "timezone_source" in change.model_fields_set or read.timezone != contact.timezone:
        columns["timezone_source"] = change.timezone_source
    if "region" in change.model_fields_set:
        columns["region"] = change.region
    if zone != contact.zone:
        columns["zone"] = zone
    is_moved = any(getattr(contact, name) != value for name, value in columns.items())
    if is_moved and contact.status == ContactStatus.HELD and contact.reason in _HELD_BY_PLACE:
        columns |= {"status": ContactStatus.WAITING, "reason": None, "due_at": place.now}
    return {**columns, "zones_version": zones_version().name}
