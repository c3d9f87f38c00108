"""Campaigns: which contacts are called with which flow, how fast, when, and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from flask import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.http.etags import expected, tagged
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page
from api.http.responses import Tagged, answer
from api.http.routes import Body, Resource
from api.http.state_values import values_of
from api.resources.summaries import SummaryView, summary_of
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.create_campaign import create_campaign
from orchestrator.operations.campaigns.find_campaigns import CampaignInForce, find_campaign_now
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.read_summaries import read_summaries
from orchestrator.operations.campaigns.start_campaign import Start, resume_campaign, start_campaign
from orchestrator.operations.dialing.stop_dialing import find_stop, status_reason_of
from orchestrator.policy.campaign_rules import CallingHours, CampaignChanges, NewCampaign, Pacing, RetryRules
from orchestrator.policy.caps import Caps
from orchestrator.policy.consents import ConsentRule, OnOptOut
from orchestrator.policy.durations import Duration
from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.guards.rules import Guards
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.setting import LawSetting, stored_setting
from orchestrator.policy.lists.campaign_lists import DEFAULT_LISTS, CampaignLists
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.tags import Tag
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.weekly_hours import stored_hours
from orchestrator.services import Services
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql.campaigns import list_campaigns
from orchestrator.store.sql.dialing_stop import Stop

resource = Resource("campaigns")

MOST_COUNTED = 100

CampaignStatusValue = Annotated[CampaignStatus, values_of(CampaignStatus)]


class FlowReference(BaseModel):
    """The version of a flow that a campaign or call is pinned to."""

    id: str
    name: str
    version: int


EDITED = (
    *("name", "flow_id", "caller_ids", "caller_id_pool", "purpose", "subject", "voice", "law", "allow_number_kinds"),
    *("starts_at", "ends_at", "default_timezone", "keep_open", "pacing", "calling_hours", "always_because", "retry"),
    *("number_gap_s", "caps", "consent", "on_opt_out", "lists", "guards", "spend", "variables", "tags", "description"),
)
"""The columns of a campaign that people edit: an edit of another version of them is refused."""


class StatusReason(BaseModel):
    """Why a campaign does not dial, and since when: its own reason, or `dialing_stopped` for all of them."""

    code: str
    detail: str
    at: str | None = None


def _said_lists(value: Any) -> Any:
    return DEFAULT_LISTS if value is None else value


class CampaignView(Tagged):
    """A campaign."""

    id: str
    name: str
    status: CampaignStatusValue
    status_reason: StatusReason | None
    flow: FlowReference
    connection_id: str
    caller_ids: list[str]
    caller_id_pool: str | None
    purpose: Purpose | None
    subject: str | None
    voice: Voice | None
    law: Annotated[LawSetting, BeforeValidator(stored_setting)]
    allow_number_kinds: list[NumberKind]
    starts_at: Moment | None
    ends_at: Moment | None
    default_timezone: str | None
    keep_open: bool
    pacing: Pacing
    calling_hours: Annotated[CallingHours, BeforeValidator(stored_hours)]
    retry: RetryRules
    number_gap: Duration
    caps: Caps
    consent: ConsentRule
    on_opt_out: OnOptOut
    lists: Annotated[CampaignLists, BeforeValidator(_said_lists)]
    guards: Guards
    spend: Spend | None
    variables: dict[str, Any]
    tags: list[str]
    description: str | None
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None


class WaitsFor(BaseModel):
    """What the next dial of a running campaign waits for, and until when, if that is known."""

    code: str
    detail: str
    until: Moment | None


class CampaignInFlight(CampaignView):
    """A campaign after an action: `in_flight` counts its calls that the carrier has or may have."""

    in_flight: int
    waits_for: WaitsFor | None


class ListedCampaign(CampaignView):
    """A campaign in a list; `stats` are there with `include=stats`."""

    stats: SummaryView | None = None


class CampaignQuery(PageQuery):
    """Which campaigns to list, and what of each."""

    ids = "cmp_"

    include: Literal["stats"] | None = Field(None, description="With `stats`, of at most 100 campaigns at once.")

    status: CampaignStatusValue | None = None
    name: str | None = None
    tag: Tag | None = None

    @model_validator(mode="after")
    def _counts_a_hundred_at_most(self) -> Self:
        if self.include and self.limit > MOST_COUNTED:
            raise PydanticCustomError("limit", "with include=stats, `limit` is at most {most}", {"most": MOST_COUNTED})
        return self


class Cancellation(BaseModel):
    """What happens to the calls under way: they `finish` by their flow, or are hung up at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    live_calls: Literal["finish", "hangup"] = "finish"


def _fields(row: Any, stop: Stop | None) -> dict[str, Any]:
    fields = {**row._mapping, "status_reason": status_reason_of(row, stop)}
    flow = FlowReference(id=row.flow_id, name=row.flow_name, version=row.flow_version)
    because = {"because": row.always_because} if row.always_because else {}
    hours = {**row.calling_hours, **because}
    return {**fields, "flow": flow, "number_gap": f"{row.number_gap_s}s", "calling_hours": hours}


def fields_of(services: Services, row: Any) -> dict[str, Any]:
    """Return the fields of a campaign as they are shown."""
    return _fields(row, find_stop(services.sql))


def _view(services: Services, row: Any) -> CampaignView:
    return tagged(CampaignView.model_validate(fields_of(services, row)), row._mapping, EDITED)


def view_of(in_force: CampaignInForce) -> CampaignView:
    """Return a campaign as it is shown."""
    return CampaignView.model_validate(_fields(*in_force))


def _in_flight(services: Services, campaign_id: str) -> CampaignInFlight:
    now = find_campaign_now(campaign_id, sql=services.sql, client=services.redis, keys=services.keys)
    waits_for = _waits_for(now.room, services.clock(), now.stop)
    fields = _fields(now.campaign, now.stop)
    view = CampaignInFlight.model_validate({**fields, "in_flight": now.in_flight, "waits_for": waits_for})
    return tagged(view, now.campaign._mapping, EDITED)


def _waits_for(room: Room | None, now: datetime, stop: Stop | None) -> WaitsFor | None:
    if room is None or room.lacks is None:
        return None
    until = now + timedelta(seconds=room.wait_s) if room.wait_s else None
    detail = stop.sentence if stop and room.lacks is Reason.DIALING_STOPPED else room.lacks.sentence
    return WaitsFor(code=room.lacks, detail=detail, until=until)


@resource.route(
    "POST", "/v1/campaigns", body=NewCampaign, gives={201: CampaignView}, fails=(422,), idempotency="optional"
)
def create(services: Services, body: NewCampaign) -> Response:
    """Create a campaign in draft.

    Left out, `calling_hours` is 09:00 to 20:00 from Monday to Saturday in the contact's own zone. In `retry` the
    rule of an outcome wins over that of a disposition; a result without a rule is final. The numbers shown come from
    `caller_ids` or from a `caller_id_pool`: exactly one of them is named.
    """
    return answer(
        _view(
            services,
            create_campaign(
                body,
                campaign_id=fresh_id("cmp"),
                sql=services.sql,
                flows=services.flows,
                caps=services.caps,
                settings=services.settings,
            ),
        ),
        201,
    )


@resource.route("GET", "/v1/campaigns", query=CampaignQuery, gives={200: Page[ListedCampaign]}, fails=(422,))
def index(services: Services, query: CampaignQuery) -> Page[ListedCampaign]:
    """List campaigns, newest first, with `include=stats` each with its counts of contacts and calls."""
    filters = {name: value for name, value in query.filters().items() if name != "include"}
    with services.sql.connect() as tx:
        rows = list_campaigns(tx, filters, after=query.after, limit=query.limit)
        summaries = read_summaries(tx, rows[: query.limit], now=services.clock()) if query.include else {}
    shown = {campaign_id: summary_of(summary) for campaign_id, summary in summaries.items()}
    stop = find_stop(services.sql)

    def shape(row: Any) -> ListedCampaign:
        return ListedCampaign.model_validate({**_fields(row, stop), "stats": shown.get(row.id)})

    return cut_page(rows, query, shape=shape)


@resource.route("GET", "/v1/campaigns/{campaign_id}", gives={200: CampaignInFlight}, fails=(404,))
def show(services: Services, campaign_id: str) -> CampaignInFlight:
    """Show a campaign."""
    return _in_flight(services, campaign_id)


@resource.route(
    "PATCH", "/v1/campaigns/{campaign_id}", body=CampaignChanges, gives={200: CampaignView}, fails=(404, 409, 422)
)
def change(services: Services, campaign_id: str, body: CampaignChanges) -> CampaignView:
    """Change a campaign.

    `flow`, `caller_ids` and `caller_id_pool`, of which one takes the place of the other, may change only in draft or
    paused, `starts_at` not while it runs, and once it has completed `ends_at` alone, for a redial. Changes apply from
    the next dial on.
    """
    return _view(
        services,
        change_campaign(
            campaign_id,
            body,
            expects=expected(EDITED),
            sql=services.sql,
            flows=services.flows,
            caps=services.caps,
            clock=services.clock,
        ),
    )


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/start",
    body=Body(model=Start, may_be_missing=True),
    gives={200: CampaignInFlight},
    fails=(404, 409, 422),
    is_conditional=True,
)
def start(services: Services, campaign_id: str, body: Start) -> CampaignInFlight:
    """Start a campaign.

    It runs at once, or is `scheduled` until its `starts_at`; while all dialing is stopped, `status_reason` says so and
    no contact is dialed. Refused with `no_contacts` when it has none, and with `preflight` for the errors of one that
    are found at once: `errors` lists them, and `accept` starts in spite of those that it names. With `If-Match` a
    draft is started only as it was when its tag was read.
    """
    start_campaign(
        campaign_id,
        body,
        expects=expected(EDITED),
        sql=services.sql,
        flows=services.flows,
        caps=services.caps,
        clock=services.clock,
        call_estimate=services.settings.call_estimate,
    )
    return _in_flight(services, campaign_id)


@resource.route("POST", "/v1/campaigns/{campaign_id}/pause", gives={200: CampaignInFlight}, fails=(404, 409))
def pause(services: Services, campaign_id: str) -> CampaignInFlight:
    """Pause a campaign.

    Once this has answered, nothing is dialed; the `in_flight` calls go on to their end.
    """
    pause_campaign(campaign_id, sql=services.sql, client=services.redis, keys=services.keys)
    return _in_flight(services, campaign_id)


@resource.route("POST", "/v1/campaigns/{campaign_id}/resume", gives={200: CampaignInFlight}, fails=(404, 409))
def resume(services: Services, campaign_id: str) -> CampaignInFlight:
    """Resume a paused campaign.

    Refused with `guard_abandon` or `guard_spend` while that guard would pause it at once.
    """
    resume_campaign(campaign_id, sql=services.sql, clock=services.clock, call_estimate=services.settings.call_estimate)
    return _in_flight(services, campaign_id)


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/cancel",
    body=Body(model=Cancellation, may_be_missing=True),
    gives={200: CampaignInFlight},
    fails=(404, 409, 422),
)
def cancel(services: Services, campaign_id: str, body: Cancellation) -> CampaignInFlight:
    """End a campaign for good; contacts not yet done are `canceled`."""
    cancel_campaign(
        campaign_id, live_calls=body.live_calls, sql=services.sql, client=services.redis, keys=services.keys
    )
    return _in_flight(services, campaign_id)
