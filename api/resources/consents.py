"""Consents and revocations: what people have agreed to, and taken back."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from api.http.pagination import Page, PageQuery, cut_page
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import answer
from api.http.routes import Resource
from orchestrator.operations.contacts.record_consent import (
    NewConsent,
    Recorded,
    Revocation,
    record_consent,
    record_revocation,
)
from orchestrator.policy.consents import ConsentKind, RevocationChannel, RevokedScope
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.consents import list_consent_events

resource = Resource("consents")


class ConsentEventView(BaseModel):
    """A consent that was `given`, or one that was `revoked`; the fields of the other are null.

    After an erasure of the person the number and all words are null: a revocation holds on, a consent does not.
    """

    id: str
    act: Literal["given", "revoked"]
    phone: str | None
    kind: ConsentKind | None
    purposes: list[Purpose] | None
    text: str | None
    source: str | None
    evidence_url: str | None
    expires_at: Moment | None
    scope: RevokedScope | None
    subject: str | None
    channel: RevocationChannel | None
    words: str | None
    at: Moment
    recorded_at: Moment


class ConsentQuery(PageQuery):
    """Whose consents to list."""

    phone: AskedNumber
    region: Region | None = Field(None, description=ASKED_REGION)


def _answer(recorded: Recorded) -> Response:
    view = ConsentEventView.model_validate(recorded.row, from_attributes=True)
    return answer(view, 201 if recorded.is_new else 200)


@resource.route(
    "POST", "/v1/consents", body=NewConsent, gives={200: ConsentEventView, 201: ConsentEventView}, fails=(422,)
)
def create(services: Services, body: NewConsent) -> Response:
    """Record a consent.

    It is never changed; sent again it adds nothing (200). Contacts of the number that a campaign holds for want of it
    are checked again at once. It counts from `at`: a revocation of the same time or later takes it back.
    """
    return _answer(record_consent(body, sql=services.sql, clock=services.clock))


@resource.route(
    "POST",
    "/v1/consents/revoke",
    body=Revocation,
    gives={200: ConsentEventView, 201: ConsentEventView},
    fails=(422,),
)
def revoke(services: Services, body: Revocation) -> Response:
    """Record a revocation.

    Once this has answered, the number is not dialed for anything that it covers, in any campaign and no single call,
    whether they ask for consent or not; a call that still rings is hung up, an answered call goes on. It is never
    changed; sent again it adds nothing (200). A consent that is given later counts again.
    """
    done = record_revocation(body, sql=services.sql, client=services.redis, keys=services.keys, clock=services.clock)
    return _answer(done)


@resource.route("GET", "/v1/consents", query=ConsentQuery, gives={200: Page[ConsentEventView]}, fails=(422,))
def index(services: Services, query: ConsentQuery) -> Page[ConsentEventView]:
    """List the consents and revocations of a number, in the order in which they were recorded, newest first."""
    phone = read_number(services, query.filters(), "phone")["phone"]
    with services.sql.connect() as tx:
        rows = list_consent_events(tx, phone, after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=lambda row: ConsentEventView.model_validate(row, from_attributes=True))
