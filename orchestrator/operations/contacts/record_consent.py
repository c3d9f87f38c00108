"""Records what people have agreed to and taken back; once a revocation has returned, it is obeyed (R9)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Self

import redis
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.ids import new_id
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_at_once
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.campaign_rules import Name
from orchestrator.policy.consents import ConsentKind, Purposes, RevocationChannel, RevokedScope
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.names import forms_of, unspeakable_in
from orchestrator.policy.phone.field import Number
from orchestrator.policy.timestamps import Moment
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters, consents

_RELEASE = ReleaseReason(Reason.CONSENT_REVOKED, final=ContactStatus.SUPPRESSED, counts=False)
PASSED = "the time at which it was said, which has passed"
_SKEW = timedelta(minutes=5)
"""How far ahead the clock may be by which a revocation was noted: it is not lost for that."""


def _readable(words: str) -> str:
    if found := unspeakable_in(words):
        raise PydanticCustomError("bad_character", "it holds {found}, a control character", {"found": found})
    return words


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"\S"),
    AfterValidator(_readable),
]
Source = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"),
    AfterValidator(_readable),
]
Evidence = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s]+$")]


class NewConsent(BaseModel):
    """What a person has agreed to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number | None = Field(None, description="Either this or `external_id`.")
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="Of a contact: the consent is that of its number. All contacts with it must share a number."
    )
    kind: ConsentKind
    purposes: Purposes = Field(description="What the calls may be for.")
    text: Words = Field(description="What the person agreed to, in its words.")
    source: Source = Field(description="Where it was given: a form, a page, a call.")
    at: Moment = Field(description="When it was given; not in the future.")
    evidence_url: Evidence | None = Field(None, description="Where it can be seen: a form, a recording.")
    expires_at: Moment | None = Field(None, description="Null: it holds until it is revoked.")

    @model_validator(mode="after")
    def _is_of_one_number(self) -> Self:
        if (self.phone is None) == (self.external_id is None):
            raise PydanticCustomError("phone", "give either `phone` or `external_id`")
        return self

    @model_validator(mode="after")
    def _expires_after_it_was_given(self) -> Self:
        if self.expires_at is not None and self.expires_at <= self.at:
            raise PydanticCustomError("expires_at", "expires_at must be later than at")
        return self


class Revocation(BaseModel):
    """What a person has taken back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number
    scope: RevokedScope = Field(RevokedScope.ALL, description="`all` calls, or those about one `subject`.")
    subject: Name | None = Field(None, description="With scope `subject`: the `subject` of the campaigns, in any case.")
    channel: RevocationChannel = Field(description="How it came in.")
    words: Words = Field(description="What the person said or wrote.")
    at: Moment = Field(description="When it was said.")

    @model_validator(mode="after")
    def _names_a_subject(self) -> Self:
        if self.scope is RevokedScope.SUBJECT and self.subject is None:
            raise PydanticCustomError("scope", "with scope `subject`, name the subject")
        if self.scope is RevokedScope.ALL and self.subject is not None:
            raise PydanticCustomError("subject", "a subject goes with scope `subject`")
        return self


@dataclass(frozen=True)
class Recorded:
    """The row of a consent or a revocation; `is_new` is False if it was recorded before."""

    row: Row[Any]
    is_new: bool


def record_consent(wanted: NewConsent, *, sql: Engine, clock: Clock) -> Recorded:
    """Record a consent and release the contacts that were held for want of it. Safe to repeat.

    Raises InvalidInput for one in the future, and for an external id of no number or of several.
    """
    _refuse_future(wanted.at, now=clock())
    with sql.begin() as tx:
        phone = wanted.phone or _phone_of(tx, str(wanted.external_id))
        row, is_new = consents.insert_consent_event(tx, consent_event(wanted, phone))
        concerns(row.id)
    with sql.begin() as tx:
        consents.release_missing(tx, [phone])
    return Recorded(row, is_new)


def consent_event(wanted: NewConsent, phone: str) -> dict[str, Any]:
    """Return the row of a consent of a number; one that says the same has the same digest."""
    told = wanted.model_dump(mode="json", exclude={"phone", "external_id", "at", "expires_at"})
    return _event({**told, "act": "given", "phone": phone, "at": wanted.at, "expires_at": wanted.expires_at})


def record_revocation(wanted: Revocation, *, sql: Engine, client: redis.Redis, keys: Keys, clock: Clock) -> Recorded:
    """Record a revocation; once this returns, nothing that it covers is dialed, and what rings is hung up (R9).

    One that came late counts from when it was said: a consent given since then still holds. Safe to repeat. Raises
    InvalidInput for one in the future.
    """
    _refuse_future(wanted.at, now=clock() + _SKEW)
    with sql.begin() as tx:
        told = wanted.model_dump(mode="json", exclude={"at"})
        recorded = Recorded(*consents.insert_consent_event(tx, _event({**told, "act": "revoked", "at": wanted.at})))
        concerns(recorded.row.id)
    hang_up_at_once(sql, client, keys)
    with sql.connect() as tx:
        concerned = consents.revoked_calls(tx, wanted.phone)
    if concerned:
        drain_dials(call_filters.of_calls(concerned), _RELEASE, sql=sql, client=client, keys=keys)
    return recorded


def _refuse_future(at: datetime, *, now: datetime) -> None:
    if at > now:
        raise InvalidInput([FieldError("/at", "in_the_future", PASSED)])


def _phone_of(tx: Connection, external_id: str) -> str:
    phones = consents.phones_of(tx, forms_of(external_id))
    if not phones:
        raise InvalidInput([FieldError("/external_id", "unknown", "no contact has this external id; give `phone`")])
    if len(phones) > 1:
        detail = "contacts with this external id have different numbers; give `phone`"
        raise InvalidInput([FieldError("/external_id", "several_numbers", detail)])
    return phones[0]


def _event(told: dict[str, Any]) -> dict[str, Any]:
    digest = sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
    return {**told, "id": new_id("cns"), "digest": digest}
