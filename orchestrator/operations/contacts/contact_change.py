"""What may be changed of a contact, and the columns that a change writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from orchestrator.contact_files.contact_rows import ContactProblem, NewContact, read_contact
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.upload_target import UploadTarget
from orchestrator.policy.hold_reasons import HELD_BY_CAPS, Reason
from orchestrator.policy.names import all_seen
from orchestrator.policy.phone.field import Number
from orchestrator.policy.region_codes import MEANS as REGION_MEANS
from orchestrator.policy.region_codes import PersonsRegion
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.variables import Value
from orchestrator.policy.zones.named_zone import Zone
from orchestrator.policy.zones.timezone_source import MEANS as SOURCE_MEANS
from orchestrator.policy.zones.timezone_source import SaidSource
from orchestrator.policy.zones.zones_version import zones_version

Outcome = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S"), AfterValidator(all_seen)
]

_JUDGED = frozenset({"phone", "variables", "timezone"})
_MAY_BE_TAKEN_AWAY = frozenset({"timezone", "timezone_source", "region"})
_TIMES = ("not_before", "not_after")
_MAY_FORBID = frozenset({"timezone", "timezone_source", "region", *_TIMES})
_HELD_BY_PLACE = (
    Reason.ZONE_UNKNOWN,
    Reason.OUTSIDE_HOURS,
    Reason.NO_COMMON_HOURS,
    Reason.LAW_HOURS,
    Reason.LAW_HOLIDAY,
    Reason.LIST_STALE,
    *HELD_BY_CAPS,  # the law of a place has caps and rests of its own
)
_NOT_HELD_BY_NUMBER = (Reason.NOT_YET, Reason.CALLBACK, Reason.RECORD_FAILED, Reason.RESTORED)


class ContactChange(BaseModel):
    """The fields of a contact that may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    status: Literal["waiting", "canceled", "completed"] | None = Field(
        default=None,
        description="`waiting` lets one that has ended wait for one more attempt, and releases a `restored` one.",
    )
    outcome: Outcome | None = Field(
        default=None, description="The result that was reached; only with status `completed`."
    )
    phone: Number | None = Field(default=None, description="Not while the contact is being called.")
    not_before: Moment | None = Field(default=None, description="Null takes it away.")
    not_after: Moment | None = Field(default=None, description="Null takes it away.")
    priority: int | None = Field(default=None, ge=-1000, le=1000, description="Higher is dialed first.")
    variables: dict[str, Value | None] | None = Field(
        default=None, description="Merged into the contact's variables; null removes one."
    )
    timezone: Zone | None = Field(default=None, description="Null takes it away: it follows from the number again.")
    timezone_source: SaidSource | None = Field(
        default=None, description=f"{SOURCE_MEANS} A timezone that is changed without it counts as from the crm."
    )
    region: PersonsRegion | None = Field(default=None, description=f"{REGION_MEANS} Null takes it away.")

    @model_validator(mode="after")
    def _outcome_needs_an_end(self) -> Self:
        if self.outcome is not None and self.status != "completed":
            raise PydanticCustomError("outcome", "an outcome goes with status `completed`")
        return self

    @property
    def is_judged(self) -> bool:
        """Whether the contact is to be read anew, as if it were uploaded."""
        is_given = any(getattr(self, name) is not None for name in _JUDGED)
        return is_given or bool(self.model_fields_set & _MAY_BE_TAKEN_AWAY)

    @property
    def may_forbid(self) -> bool:
        """Whether the gate may keep the contact from being dialed for it."""
        return bool(self.model_fields_set & _MAY_FORBID)

    @property
    def ends_with(self) -> ContactStatus | None:
        """The status with which it ends the contact, if it does."""
        return ContactStatus(self.status) if self.status in ("canceled", "completed") else None


def columns_of_change(place: UploadTarget | None, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    """Return the columns that a change writes, but for status and `not_before`.

    Raises InvalidInput for values that the flow cannot use, and for times that contradict each other.
    """
    columns: dict[str, Any] = {name: getattr(change, name) for name in _TIMES if name in change.model_fields_set}
    _check_times(contact, columns)
    if change.priority is not None:
        columns["priority"] = change.priority
    if change.outcome:
        columns["outcome"] = change.outcome
    return {**columns, **(_checked(place, contact, change) if place else {})}


def _check_times(contact: Row[Any], columns: dict[str, Any]) -> None:
    not_before, not_after = (columns.get(name, getattr(contact, name)) for name in _TIMES)
    if columns and not_before and not_after and not_after <= not_before:
        raise InvalidInput([FieldError("/not_after", "not_after", "not_after must be later than not_before")])


def _checked(place: UploadTarget, contact: Row[Any], change: ContactChange) -> dict[str, Any]:
    said = {place.form.input_for(name): value for name, value in (change.variables or {}).items()}
    merged = {**contact.variables, **said}
    document = {
        "phone": change.phone or contact.phone,
        "timezone": change.timezone,
        "variables": {name: value for name, value in merged.items() if value is not None},
    }
    read = read_contact(document, place.form)
    if isinstance(read, ContactProblem):
        raise InvalidInput([FieldError(f"/{read.field}", read.code, read.detail)])
    # a stored time zone may be one that is refused today
    region = change.region if "region" in change.model_fields_set else contact.region
    timezone = read.timezone if "timezone" in change.model_fields_set else contact.timezone
    read = replace(read, timezone=timezone, region=region)
    return {"phone": read.phone, "variables": read.variables, **_place(place, contact, change, read)}


def _place(place: UploadTarget, contact: Row[Any], change: ContactChange, read: NewContact) -> dict[str, Any]:
    zone = place.zone_of(read)
    columns: dict[str, Any] = {"timezone": read.timezone}
    if "timezone_source" in change.model_fields_set or read.timezone != contact.timezone:
        columns["timezone_source"] = change.timezone_source
    if read.region != contact.region:
        columns["region"] = read.region
    if zone != contact.zone:
        columns["zone"] = zone
    is_moved = any(getattr(contact, name) != value for name, value in columns.items())
    if is_moved and contact.status == ContactStatus.HELD and contact.reason in _HELD_BY_PLACE:
        columns |= _freed(place)
    if read.phone != contact.phone and contact.status == ContactStatus.HELD:
        # what held the number before holds this one no more: the gate says what does
        columns |= {} if contact.reason in _NOT_HELD_BY_NUMBER else _freed(place)
    return {**columns, "zones_version": zones_version().name}


def _freed(place: UploadTarget) -> dict[str, Any]:
    return {"status": ContactStatus.WAITING, "reason": None, "due_at": place.now}
