"""Changes a contact on a person's word; what is being dialed at this moment is asked about at the gate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound, StoreUnavailable
from orchestrator.operations.erase_media import erase_media
from orchestrator.operations.fetch_recordings import clear_erased, file_name
from orchestrator.operations.find_contacts import find_contact
from orchestrator.operations.place_contacts import UploadPlace, place_for_upload
from orchestrator.operations.withdraw_calls import WayBack, Withdrawn, free_channels, withdraw
from orchestrator.policy.contact_rows import ContactProblem, NewContact, read_contact
from orchestrator.policy.names import all_seen
from orchestrator.policy.reasons import FinalStatus, Reason
from orchestrator.policy.zone_names import Zone
from orchestrator.store import queries_contacts
from orchestrator.store.erased_calls import ERASED, erase_calls, lock_calls_with
from orchestrator.store.keys import Keys
from orchestrator.store.queries_campaigns import add_zones
from orchestrator.store.queries_recordings import erase_recordings
from orchestrator.store.tables import calls

if TYPE_CHECKING:
    from orchestrator.wiring import House

log = logging.getLogger(__name__)

_FINAL = ("completed", "exhausted", "suppressed", "canceled", "expired", "unknown")
_OPEN = ("waiting", "held", "calling")

Outcome = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(all_seen)
]


class ContactChange(BaseModel):
    """What a person may say about a contact."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    status: Literal["canceled", "completed"] | None = None
    outcome: Outcome | None = Field(default=None, description="What was achieved; only with status `completed`.")
    variables: dict[str, str | int | float | bool | None] | None = Field(
        default=None, description="Merged into the contact's variables; null takes one away."
    )
    timezone: Zone | None = None

    @model_validator(mode="after")
    def _outcome_needs_an_end(self) -> Self:
        if self.outcome is not None and self.status != "completed":
            raise PydanticCustomError("outcome", "an outcome goes with status `completed`")
        return self


def change_contact(house: House, contact_id: str, change: ContactChange) -> Row[Any]:
    """Change a contact and return it; ended by a person it is never dialed again, and a live call goes on to its end.

    Raises Conflict for one that has ended otherwise, InvalidInput for variables the flow cannot use.
    """
    known = find_contact(house, contact_id)
    is_checked = change.variables is not None or change.timezone is not None
    place = place_for_upload(house, known.campaign_id) if is_checked else None
    withdrawn: list[Withdrawn] = []
    with house.sql.begin() as connection:
        live = queries_contacts.live_call_of(connection, contact_id)  # before the contact, as every sender does
        contact = queries_contacts.lock_contact(connection, contact_id)
        if contact is None:
            raise NotFound("contact", contact_id)
        if contact.status in _FINAL:
            return _as_it_ended(contact, change)
        if change.status and live and live.state == "reserved":
            way = WayBack(Reason.CONTACT_CLOSED, final=FinalStatus(change.status), counts=False)
            withdrawn = withdraw(connection, calls.c.id == live.id, way)
        columns = _columns(place, contact, change)
        queries_contacts.update_contact(connection, contact_id, columns)
        if "zone" in columns:
            add_zones(connection, contact.campaign_id, [columns["zone"]])
    free_channels(house.redis, Keys(), withdrawn)
    return find_contact(house, contact_id)


def _as_it_ended(contact: Row[Any], change: ContactChange) -> Row[Any]:
    if change.model_fields_set == {"status"} and change.status == contact.status:
        return contact
    detail = f"The contact has ended: it is {contact.status}."
    raise Conflict("contact_closed", detail, status=contact.status, allowed=_OPEN)


def _columns(place: UploadPlace | None, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if place:
        columns |= _checked(place, contact, change)
    if change.status:
        # without a current call, whatever the live one brings moves this contact no more (R18)
        columns |= {"status": change.status, "reason": "by_request", "current_call_id": None}
    if change.outcome:
        columns["outcome"] = change.outcome
    return columns


def _checked(place: UploadPlace, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    said = {place.form.input_for(name): value for name, value in (change.variables or {}).items()}
    merged = {**contact.variables, **said}
    document = {
        "phone": contact.phone,
        "timezone": change.timezone or contact.timezone,
        "variables": {name: value for name, value in merged.items() if value is not None},
    }
    read = read_contact(document, place.form)
    if isinstance(read, ContactProblem):
        raise InvalidInput([FieldError(f"/{read.field}", read.code, read.detail)])
    return {"variables": read.variables, "timezone": read.timezone, **_zone(place, contact, read)}


def _zone(place: UploadPlace, contact: Row[Any], read: NewContact) -> dict[str, Any]:
    zone = place.zone_of(read)
    if zone == contact.zone:
        return {}
    is_released = contact.status == "held" and contact.reason in (Reason.ZONE_UNKNOWN, Reason.OUTSIDE_HOURS)
    return {"zone": zone, **({"status": "waiting", "reason": None, "due_at": place.now} if is_released else {})}


def erase_contact(house: House, contact_id: str) -> None:
    """Erase what is personal about a contact; its rows, results and times stay as the ledger. Safe to repeat.

    What is told of its calls later is recorded without it. Raises Conflict while a call with it is under way.
    """
    with house.sql.begin() as connection:
        is_under_way = lock_calls_with(connection, contact_id)
        contact = queries_contacts.lock_contact(connection, contact_id)
        if contact is None:
            raise NotFound("contact", contact_id)
        if is_under_way or contact.status == "calling":
            detail = "A call with this contact is under way; cancel the contact and erase it when the call has ended."
            raise Conflict("call_in_progress", detail, status=contact.status, allowed=("waiting", "held", *_FINAL))
        recordings = _erase(connection, contact)
    _remove_files(house, recordings)
    erase_media(house, contact_id)


def _remove_files(house: House, recordings: Sequence[Row[Any]]) -> None:
    """Remove what can be removed now; the fetch loop removes the rest, and what is being fetched, later."""
    for row in recordings:
        try:
            if row.lease is None:
                clear_erased(house.sql, house.recordings, row)
            else:
                house.recordings.remove(file_name(row))
        except StoreUnavailable as err:
            log.warning("a recording that was erased is not yet removed: %s", err)


def _erase(connection: Connection, contact: Row[Any]) -> Sequence[Row[Any]]:
    erased = f"{ERASED}{contact.id}"
    blank: dict[str, Any] = {"phone": erased, "external_id": None, "variables": {}, "answers": {}, "timezone": None}
    ended = {} if contact.status in _FINAL else {"status": "canceled", "reason": "erased", "current_call_id": None}
    queries_contacts.update_contact(connection, contact.id, {**blank, **ended})
    erase_calls(connection, contact.id)
    return erase_recordings(connection, contact.id)
