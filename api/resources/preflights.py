"""Preflights: what would become of a campaign's contacts if it dialed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.http.routes import Body, Resource
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment, MomentToCall
from orchestrator.services import Services

resource = Resource("campaigns")


class Asked(BaseModel):
    """The moment to look at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: MomentToCall | None = Field(None, description="Left out: now, or the campaign's starts_at where that is later.")


class HeldGroup(BaseModel):
    """Contacts that wait for the same thing, when the next of them may be called, and one of them."""

    reason: Reason
    sentence: str
    contacts: int
    next_at: Moment | None
    example: str


class NeverGroup(BaseModel):
    """Contacts that are never called for the same reason, and one of them."""

    reason: Reason
    sentence: str
    contacts: int
    example: str


class RegionGroup(BaseModel):
    """The contacts of one region, by ISO 3166; `unknown` where the number lies in none."""

    region: str
    contacts: int
    dialable_now: int


class CallerIdRoom(BaseModel):
    """A caller id, how the carrier attests it where that is known, and its dials left in 24 h; null without a cap."""

    number: str
    attestation: str | None
    room_today: int | None
    dials_24h: int = Field(description="Made in the 24 hours until `at`, by all campaigns; at most 1,000 are counted.")


class ListAge(BaseModel):
    """A list that the campaign asks, and whether its copy is young enough."""

    name: str
    as_of: Moment | None
    age_days: int | None
    ok: bool


class OverrideView(BaseModel):
    """A field by which the campaign leaves a rule out, and why."""

    field: str
    because: str | None


class EstimateView(BaseModel):
    """One dial of each contact that may be called, now or later. Hours that are closed are not in `duration_s`.

    It counts with what the newest thousand calls took and cost; `cost` is null where the carrier told none. `currency`
    is that of the campaign's `spend`, or else the one in which most of these calls were billed.
    """

    dials: int
    duration_s: float | None
    peak_channels: int | None
    cost: str | None = Field(description="What all of these dials cost, as an amount in `currency`.")
    currency: str


class FindingView(BaseModel):
    """Something to know before the start, and the field of the campaign that it is about."""

    pointer: str
    code: str
    detail: str


class PreflightView(BaseModel):
    """What would become of a campaign's contacts: `dialable_now`, the held and the never called sum to `contacts`."""

    at: Moment
    contacts: int
    dialable_now: int
    held: list[HeldGroup]
    never: list[NeverGroup]
    by_region: list[RegionGroup]
    caller_ids: list[CallerIdRoom]
    lists: list[ListAge]
    overrides: list[OverrideView]
    estimate: EstimateView
    errors: list[FindingView] = Field(description="What forbids the start, unless it is accepted.")
    warnings: list[FindingView]


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/preflight",
    body=Body(model=Asked, may_be_missing=True),
    gives={200: PreflightView},
    fails=(404, 422),
    role=Role.VIEWER,
)
def preflight(services: Services, campaign_id: str, body: Asked) -> PreflightView:
    """Look through all contacts of a campaign: who may be called, who waits for what, and who is never called.

    It is what the gate would say of each at that moment if the campaign ran and dialing were not stopped; nothing is
    changed. It is read page by page, beside dialing: a hundred thousand contacts take some seconds.
    """
    told = preflight_campaign(campaign_id, at=body.at, sql=services.sql, flows=services.flows, caps=services.caps)
    return PreflightView.model_validate(told, from_attributes=True)
