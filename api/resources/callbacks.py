"""Callbacks: the person of a call is called again at the time that suits."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.http.routes import Resource
from api.resources.contacts import ContactStatusValue
from orchestrator.operations.contacts.call_back import Callback, call_back
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("calls")


class PromisedView(BaseModel):
    """A callback. `status` is that of the contact: `calling` where it begins to wait when its call ends."""

    contact_id: str
    campaign_id: str
    status: ContactStatusValue
    at: Moment
    note: str | None
    dials_from: Moment | None = Field(
        description="The first moment from `at` on that the campaign's calling hours allow; null where nobody knows."
    )
    reason: Reason | None = Field(description="Why that is later than `at`.")
    reason_detail: str | None


@resource.route(
    "POST",
    "/v1/calls/{call_id}/callback",
    body=Callback,
    gives={200: PromisedView},
    fails=(404, 409, 422),
    idempotency="optional",
)
def ask(services: Services, call_id: str, body: Callback) -> PromisedView:
    """Call the person of a call back.

    Its contact waits until then in the same campaign, first in line, with one more attempt if none is left; so does
    one that has ended, and a completed campaign runs again for it. While it is being called this begins when the call
    ends, whatever that comes to, unless the person opts out. Asked for again, the time moves. All checks are made
    before the dial, as always: outside calling hours it is dialed `dials_from`, when they begin. 409 for a person who
    is suppressed or erased, and for a time at which the campaign or the contact is over.
    """
    promised = call_back(
        call_id, body, sql=services.sql, clock=services.clock, call_estimate=services.settings.call_estimate
    )
    return PromisedView(
        contact_id=promised.contact.id,
        campaign_id=promised.contact.campaign_id,
        status=promised.contact.status,
        at=promised.at,
        note=promised.note,
        dials_from=promised.dials_from,
        reason=promised.reason,
        reason_detail=promised.reason and promised.reason.sentence,
    )
