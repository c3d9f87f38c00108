"""Webhook endpoints: addresses that receive events, signed as Standard Webhooks says, and their deliveries."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import Row

from api.http.etags import expected, tagged
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.responses import Tagged, answer, nothing
from api.http.routes import Body, Resource
from orchestrator.model.told_event import ToldEvent
from orchestrator.operations.notify import write_endpoints
from orchestrator.operations.notify.find_endpoints import find_endpoint, list_deliveries, list_endpoints
from orchestrator.operations.notify.redeliver_event import redeliver_event, send_test_event
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.webhook_endpoint import NewSecret, NewWebhookEndpoint, WebhookEndpointChanges
from orchestrator.services import Services

resource = Resource("webhook endpoints")

_EDITED = ("url", "events", "disabled_at", "updated_at")  # not what became of its deliveries


class Disabled(BaseModel):
    """Since when an endpoint receives nothing, and why."""

    at: Moment
    reason: Literal["by_request", "gone", "not_accepting"] = Field(
        description="`gone`: it answered 410; `not_accepting`: it accepted nothing for three days."
    )


class WebhookEndpointView(Tagged):
    """An endpoint; its secret is shown when it is made, and never again."""

    id: str
    url: str
    events: list[ToldEvent] = Field(description="The types it receives; none: all.")
    disabled: Disabled | None
    failures: int = Field(description="Tries in a row that it did not accept.")
    resting_until: Moment | None = Field(
        description="After five of them it is tried one event at a time, from then on."
    )
    previous_secret_until: Moment | None = Field(description="Until then the secret before signs too.")
    created_at: Moment
    updated_at: Moment


class WebhookEndpointWithSecret(WebhookEndpointView):
    """An endpoint with the secret that its receiver verifies with."""

    secret: str


class DeliveryView(BaseModel):
    """One event for one endpoint, and what became of it."""

    id: str = Field(description="The event's: an endpoint receives each event once, and again until it accepts it.")
    type: ToldEvent
    subject: str
    status: Literal["pending", "delivered", "failed"]
    tries: int
    answered: int | None = Field(description="The status code of the last answer; null: none came.")
    error: str | None = Field(description="Why the last try was not accepted.")
    tried_at: Moment | None
    next_try_at: Moment | None = Field(
        description="Null while an earlier event of its subject is still to be accepted."
    )
    created_at: Moment


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    ids = "evt_"

    status: Literal["pending", "delivered", "failed"] | None = None


def _columns(row: Row[Any]) -> dict[str, Any]:
    disabled = {"at": row.disabled_at, "reason": row.disabled_reason} if row.disabled_at else None
    previous = row.previous_until if row.previous_secret else None
    return {
        **row._mapping,
        "disabled": disabled,
        "resting_until": row.rest_until,
        "previous_secret_until": previous,
    }


def _view(row: Row[Any]) -> WebhookEndpointView:
    return tagged(WebhookEndpointView.model_validate(_columns(row)), row._mapping, _EDITED)


def _shown_once(row: Row[Any]) -> WebhookEndpointWithSecret:
    return tagged(WebhookEndpointWithSecret.model_validate(_columns(row)), row._mapping, _EDITED)


def _delivery(row: Row[Any]) -> DeliveryView:
    return DeliveryView.model_validate({**row._mapping, "next_try_at": row.due_at})


@resource.route(
    "POST",
    "/v1/webhook-endpoints",
    body=NewWebhookEndpoint,
    gives={201: WebhookEndpointWithSecret},
    fails=(409, 422),
    idempotency="optional",
    role=Role.ADMIN,
)
def create(services: Services, body: NewWebhookEndpoint) -> Response:
    """Create an endpoint, which receives what happens from then on; the secret is shown in this answer alone."""
    trusted = services.settings.trusted_by_name
    row = write_endpoints.create_endpoint(body, endpoint_id=fresh_id("whe"), trusted=trusted, sql=services.sql)
    return answer(_shown_once(row), 201)


@resource.route(
    "GET",
    "/v1/webhook-endpoints",
    query=page_of("whe_"),
    gives={200: Page[WebhookEndpointView]},
    fails=(422,),
    role=Role.ADMIN,
)
def index(services: Services, query: PageQuery) -> Page[WebhookEndpointView]:
    """List endpoints, newest first."""
    return cut_page(list_endpoints(after=query.after, limit=query.limit, sql=services.sql), query, shape=_view)


@resource.route(
    "GET", "/v1/webhook-endpoints/{endpoint_id}", gives={200: WebhookEndpointView}, fails=(404,), role=Role.ADMIN
)
def show(services: Services, endpoint_id: str) -> WebhookEndpointView:
    """Show an endpoint, and whether it is disabled."""
    return _view(find_endpoint(endpoint_id, sql=services.sql))


@resource.route(
    "PATCH",
    "/v1/webhook-endpoints/{endpoint_id}",
    body=WebhookEndpointChanges,
    gives={200: WebhookEndpointView},
    fails=(404, 422),
    role=Role.ADMIN,
)
def change(services: Services, endpoint_id: str, body: WebhookEndpointChanges) -> WebhookEndpointView:
    """Change an endpoint; `enabled: true` lets it receive again, and what was pending goes on."""
    trusted, expects = services.settings.trusted_by_name, expected(_EDITED)
    return _view(write_endpoints.change_endpoint(endpoint_id, body, trusted=trusted, expects=expects, sql=services.sql))


@resource.route("DELETE", "/v1/webhook-endpoints/{endpoint_id}", gives={204: None}, fails=(404,), role=Role.ADMIN)
def remove(services: Services, endpoint_id: str) -> Response:
    """Delete an endpoint; what is pending for it is delivered to nobody."""
    write_endpoints.delete_endpoint(endpoint_id, sql=services.sql)
    return nothing()


@resource.route(
    "POST",
    "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    body=Body(model=NewSecret, may_be_missing=True),
    gives={200: WebhookEndpointWithSecret},
    fails=(404, 422),
    idempotency="optional",
    role=Role.ADMIN,
)
def rotate(services: Services, endpoint_id: str, body: NewSecret) -> WebhookEndpointWithSecret:
    """Give an endpoint another secret, shown in this answer alone; for a day both sign."""
    return _shown_once(write_endpoints.rotate_secret(endpoint_id, body.secret, sql=services.sql))


@resource.route(
    "POST",
    "/v1/webhook-endpoints/{endpoint_id}/test",
    gives={202: DeliveryView},
    fails=(404, 409),
    idempotency="optional",
    role=Role.ADMIN,
)
def test(services: Services, endpoint_id: str) -> Response:
    """Send an event `endpoint.test` to this endpoint alone; its deliveries say what came of it."""
    return answer(_delivery(send_test_event(endpoint_id, sql=services.sql)), 202)


@resource.route(
    "GET",
    "/v1/webhook-endpoints/{endpoint_id}/deliveries",
    query=DeliveryQuery,
    gives={200: Page[DeliveryView]},
    fails=(404, 422),
    role=Role.ADMIN,
)
def deliveries(services: Services, endpoint_id: str, query: DeliveryQuery) -> Page[DeliveryView]:
    """List what was and is to be delivered, the newest event first; kept for 30 days."""
    found = list_deliveries(endpoint_id, query.filters(), after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(found, query, shape=_delivery)


@resource.route(
    "POST",
    "/v1/webhook-endpoints/{endpoint_id}/deliveries/{event_id}/redeliver",
    gives={202: DeliveryView},
    fails=(404, 409),
    role=Role.ADMIN,
)
def redeliver(services: Services, endpoint_id: str, event_id: str) -> Response:
    """Deliver an event again, under its id, whatever became of it; it does not wait for others of its subject."""
    return answer(_delivery(redeliver_event(endpoint_id, event_id, sql=services.sql)), 202)
