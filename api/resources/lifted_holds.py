"""Lifted holds: a contact is called once more, though a cap or a rest holds it."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.auth import actor
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.responses import answer
from api.http.routes import Resource
from api.resources.explanations import ExplanationView, explanation_view
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.lift_hold import lift_hold, list_lifts
from orchestrator.policy.lifted_holds import Liftable, NewLift
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("contacts")


class LiftView(BaseModel):
    """Holds that somebody has lifted, when and why; unused, they hold again from `expires_at` on."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    contact_id: str
    holds: list[Liftable]
    because: str
    by: str
    lifted_at: Moment
    expires_at: Moment


class LiftedView(LiftView):
    """What was lifted, and what the gate says of the contact now."""

    now: ExplanationView = Field(description="As `GET /v1/contacts/{contact_id}/explain` says it.")


@resource.route(
    "POST",
    "/v1/contacts/{contact_id}/lifted-holds",
    body=NewLift,
    gives={201: LiftedView},
    fails=(404, 409, 422),
)
def lift(services: Services, contact_id: str, body: NewLift) -> Response:
    """Lift holds by caps and rests for one more call to this contact.

    They hold again once the number has been dialed, for this contact or another, or after seven days. Lifted is what
    the installation and the campaign say; what the law says holds on, and so does every other check: hours, opt-outs,
    consents, lists. 409 for a contact that is being called or has ended. Who lifts, when and why is kept.
    """
    row = lift_hold(contact_id, body, by=actor().name, sql=services.sql)
    told = explain_contact(
        contact_id,
        at=None,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        flows=services.flows,
        caps=services.caps,
    )
    fields = LiftView.model_validate(row).model_dump()
    return answer(LiftedView(**fields, now=explanation_view(told)), 201)


@resource.route(
    "GET",
    "/v1/contacts/{contact_id}/lifted-holds",
    query=page_of("lft_"),
    gives={200: Page[LiftView]},
    fails=(404, 422),
)
def index(services: Services, contact_id: str, query: PageQuery) -> Page[LiftView]:
    """List what was lifted for a contact, newest first."""
    rows = list_lifts(contact_id, after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=LiftView.model_validate)
