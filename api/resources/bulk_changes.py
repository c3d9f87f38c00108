"""Changes of many contacts at once, and the contacts of a campaign that are called again."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from api.http.audit import nothing_changes
from api.http.by_whom import signed
from api.http.idempotency import fresh_id
from api.http.responses import answer
from api.http.routes import Body, Resource
from api.resources.calls import CallView, call_view
from api.resources.campaigns import CampaignView, fields_of
from orchestrator.operations.campaigns.clone_campaign import Clone, clone_campaign
from orchestrator.operations.campaigns.place_test_call import TestCall, place_test_call
from orchestrator.operations.contacts.bulk_changes import Stores, find_change
from orchestrator.operations.contacts.change_many import ManyContacts, change_contacts, count_many
from orchestrator.operations.contacts.redial_contacts import Redial, count_redial, redial_campaign
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("contacts")


class ChangeError(BaseModel):
    """Why a change was stopped before its end."""

    code: str
    detail: str


class BulkChangeView(BaseModel):
    """A change of many contacts; `running` means that it goes on by itself, in batches."""

    id: str
    kind: Literal["redial", "cancel", "suppress", "set_priority", "set_not_before", "release_restored", "copy"]
    campaign_id: str | None
    status: Literal["running", "completed", "stopped"]
    matched: int
    changed: int
    error: ChangeError | None
    created_at: Moment


class Redialed(BaseModel):
    """What came of a redial: `contacts` wait again, or with `dry_run` would.

    While `status` is `running`, more of them follow by themselves: see `GET /v1/bulk-changes/{change_id}`.
    """

    id: str | None = Field(description="Of the change; null for a dry run.")
    status: Literal["running", "completed", "stopped"]
    contacts: int
    error: ChangeError | None = None


class ManyChanged(BaseModel):
    """How many contacts match, and how many of them were changed, or with `dry_run` would be.

    While `status` is `running`, it goes on by itself: see `GET /v1/bulk-changes/{change_id}`.
    """

    id: str | None = Field(description="Of the change; null for a dry run.")
    status: Literal["running", "completed", "stopped"]
    matched: int
    changed: int
    error: ChangeError | None = None


def stores_of(services: Services) -> Stores:
    """Return the stores that a change may need."""
    return Stores(services.sql, services.redis, services.keys)


def rules_of(services: Services) -> dict[str, Any]:
    """Return what says whether a campaign may run again."""
    return {"clock": services.clock, "call_estimate": services.settings.call_estimate}


def view_of(row: Any) -> BulkChangeView:
    """Return a change as it is shown."""
    return BulkChangeView.model_validate(dict(row._mapping))


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/redial",
    body=Redial,
    gives={200: Redialed},
    fails=(404, 409, 422),
    idempotency="optional",
)
def redial(services: Services, campaign_id: str, body: Redial) -> Redialed:
    """Call contacts of a campaign again that have ended.

    They wait again with their history and may be called `attempts` times more. A completed campaign runs again for
    them. Nobody is touched whose number is suppressed, of whom a call lives, or who may have been called by an attempt
    that stayed unknown. With an Idempotency-Key a repeat goes on where the first request broke off, and lets nobody
    wait twice.
    """
    if body.dry_run:
        nothing_changes()
        _, counted = count_redial(
            campaign_id, body.filters(), body.more_attempts(), sql=services.sql, **rules_of(services)
        )
        return Redialed(id=None, status="completed", contacts=counted)
    row = redial_campaign(
        campaign_id,
        body.filters(),
        body.more_attempts(),
        change_id=fresh_id("chg"),
        stores=stores_of(services),
        **rules_of(services),
    )
    return Redialed(id=row.id, status=row.status, contacts=row.changed, error=row.error)


@resource.route(
    "POST",
    "/v1/contacts/bulk",
    body=ManyContacts,
    gives={200: ManyChanged},
    fails=(404, 409, 422),
    idempotency="optional",
)
def change_many(services: Services, body: ManyContacts) -> ManyChanged:
    """Do the same to all contacts that a filter selects: all of its fields must match, of each one of its values.

    `cancel` ends who is not over, also beside a live call. `redial` is that of the campaign, for this filter.
    `suppress` suppresses their numbers for good. `set_priority` and `set_not_before` change who is not over.
    `release_restored` lets those be called whom the restore of a backup holds.
    """
    if body.dry_run:
        nothing_changes()
        matched, changed = count_many(body, sql=services.sql, **rules_of(services))
        return ManyChanged(id=None, status="completed", matched=matched, changed=changed)
    asked = signed(body) if body.action == "suppress" else body
    row = change_contacts(asked, change_id=fresh_id("chg"), stores=stores_of(services), **rules_of(services))
    return ManyChanged(id=row.id, status=row.status, matched=row.matched, changed=row.changed, error=row.error)


class ClonedCampaign(CampaignView):
    """A new campaign; `copying` says how far its contacts are, null where none come along.

    While it is `running` they are being copied, and go on by themselves: see `GET /v1/bulk-changes/{change_id}`.
    """

    copying: BulkChangeView | None


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/clone",
    body=Body(model=Clone, may_be_missing=True),
    gives={201: ClonedCampaign},
    fails=(404, 422),
    idempotency="optional",
)
def clone(services: Services, campaign_id: str, body: Clone) -> Response:
    """Make a new draft with the settings of a campaign, whatever its status.

    Contacts come along with what people said of them, and without their history. `starts_at`, `ends_at`, `not_before`
    and `not_after` are left out where they have passed.
    """
    ids = {"clone_id": fresh_id("cmp"), "change_id": fresh_id("chg")}
    made = clone_campaign(campaign_id, body, **ids, stores=stores_of(services), clock=services.clock)
    copying = view_of(made.copying) if made.copying else None
    return answer(ClonedCampaign.model_validate({**fields_of(services, made.campaign), "copying": copying}), 201)


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/test-call",
    body=TestCall,
    gives={202: CallView},
    fails=(400, 404, 409, 422, 429),
    idempotency="required",
)
def test_call(services: Services, campaign_id: str, body: TestCall) -> Response:
    """Call one number as a contact of the campaign would be called.

    It is a single call: in no stats and no budget of the campaign, but among the dials to its number that the caps of
    everybody count. Calling hours, the law's too, are ignored, and the call says so. Whom the campaign may never call
    is refused with 409, as is what `POST /v1/calls` refuses.
    """
    placed = place_test_call(
        campaign_id,
        body,
        contact_id=fresh_id("con"),
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        flows=services.flows,
        settings=services.settings,
        caps=services.caps,
        clock=services.clock,
    )
    return answer(call_view(placed), 202)


@resource.route("GET", "/v1/bulk-changes/{change_id}", gives={200: BulkChangeView}, fails=(404,))
def show(services: Services, change_id: str) -> BulkChangeView:
    """Show how far a change of many contacts is."""
    return view_of(find_change(change_id, sql=services.sql))
