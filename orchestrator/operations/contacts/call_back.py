"""Lets the person of a call wait for a callback: at once, or when the call that is under way ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import FINAL_STATUSES, ContactStatus
from orchestrator.operations.contacts.redial_contacts import wait_once_more
from orchestrator.policy.calling_hours import next_opening
from orchestrator.policy.durations import Duration
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.policy.names import all_seen
from orchestrator.policy.timestamps import MomentToCall
from orchestrator.store.sql import callbacks, calls, campaigns, contacts
from orchestrator.store.sql.erased_calls import ERASED

_BEGUN = (AttemptState.ACCEPTED, AttemptState.ENDED)
_NOT_BEGUN = "The call is {state}: a callback goes with a call that the carrier has accepted, or that is over."
_BEING_DIALED = "The contact is being dialed; ask again when that call is answered or over."
_OF_NOBODY = "The call belongs to no campaign's contact; place another call with POST /v1/calls."
_TOO_LATE = "The campaign ends before, at {ends_at}; set a later ends_at with PATCH."
_PAST_ITS_END = "The contact is not to be called any more then: its not_after is {not_after}."

Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"), AfterValidator(all_seen)
]


class Callback(BaseModel):
    """When to call a person back: `after` so long, or `at` a time; one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Duration | None = Field(None, description="From now on, such as `2h`.")
    at: MomentToCall | None = None
    note: Note | None = Field(None, description="Shown with the contact until it is called back.")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.after is None) == (self.at is None):
            raise PydanticCustomError("when", "say when: either `after`, such as 2h, or `at`, a time")
        return self


@dataclass(frozen=True)
class Promised:
    """A callback: the contact as it stands, and the first moment that its campaign's calling hours allow."""

    contact: Row[Any]
    at: datetime
    note: str | None
    dials_from: datetime | None

    @property
    def reason(self) -> Reason | None:
        """Why it is not called at the very time."""
        if self.dials_from == self.at:
            return None
        return Reason.OUTSIDE_HOURS if self.dials_from else Reason.ZONE_UNKNOWN


def call_back(call_id: str, wanted: Callback, *, sql: Engine, clock: Clock, call_estimate: Decimal) -> Promised:
    """Let the contact of a call wait for its callback, first in line, and return it.

    In a call that is under way it takes effect when the call ends; asked for again, the time moves. Raises Conflict for
    one that is not called any more, or not at that time; InvalidInput for a time that is past.
    """
    now = clock()
    at = _moment(wanted, now)
    with sql.begin() as tx:
        call = _begun_call(tx, call_id)
        contact = _lock(tx, call)
        _check_time(tx, contact, at)
        if callbacks.is_kept_from(tx, contact.id, call_id):
            raise Conflict("suppressed", Reason.SUPPRESSED.sentence, status=contact.status)
        if contact.status in FINAL_STATUSES:
            wait_once_more(tx, contact, now=now, call_estimate=call_estimate)
        callbacks.promise(tx, contact.id, at=at, note=wanted.note)
        if not _is_for_the_record(contact):
            callbacks.wait_for_callback(tx, contact.id, at=at)
        promised = contacts.find_contact(tx, contact.id) or contact
    hours = hours_in_force(contact.calling_hours, contact.purpose)
    return Promised(promised, at, wanted.note, next_opening(hours, contact.zone, at))


def _moment(wanted: Callback, now: datetime) -> datetime:
    at = now + wanted.after if wanted.after is not None else wanted.at
    if at is None or at < now:
        raise InvalidInput([FieldError("/at", "past", "a time that is still to come")])
    return at


def _begun_call(tx: Connection, call_id: str) -> Row[Any]:
    call = calls.find_call(tx, call_id)
    if call is None:
        raise NotFound("call", call_id)
    if call.state not in _BEGUN:
        raise Conflict("not_begun", _NOT_BEGUN.format(state=call.state), status=call.state, allowed=_BEGUN)
    return call


def _lock(tx: Connection, call: Row[Any]) -> Row[Any]:
    """Lock and return the contact of a call: behind the record of one that ends now, or before it."""
    contact_id = call.joined_contact_id if call.direction == "inbound" else call.contact_id
    live = contacts.live_call_of(tx, contact_id) if contact_id else None  # before the contact, as the record does
    contact = contacts.lock_contact(tx, contact_id) if contact_id else None
    if contact is None or contact.campaign_kind != "campaign" or contact.is_single:
        raise Conflict("no_contact", _OF_NOBODY, status=call.state)
    if contact.phone.startswith(ERASED):
        raise Conflict("erased", "The person was erased.", status=contact.status)
    if contact.status == ContactStatus.CALLING and (live is None or live.state != AttemptState.ACCEPTED):
        raise Conflict("contact_in_call", _BEING_DIALED, status=contact.status)
    return contact


def _check_time(tx: Connection, contact: Row[Any], at: datetime) -> None:
    campaign = campaigns.find_campaign(tx, contact.campaign_id)
    if campaign is not None and campaign.ends_at is not None and campaign.ends_at <= at:
        raise Conflict("already_over", _TOO_LATE.format(ends_at=campaign.ends_at.isoformat()), status=campaign.status)
    if contact.not_after is not None and contact.not_after <= at:
        detail = _PAST_ITS_END.format(not_after=contact.not_after.isoformat())
        raise Conflict("too_late", detail, status=contact.status)


def _is_for_the_record(contact: Row[Any]) -> bool:
    """Return whether the record of the contact's last call is still to come: it keeps the promise then."""
    return bool(contact.status == ContactStatus.CALLING or contact.reason == Reason.RECORD_FAILED)
