"""The statistics of a campaign."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from pydantic import BaseModel, Field

from api.http.routes import Resource
from api.resources.campaigns import StatusReason
from api.resources.preflights import FindingView
from api.resources.summaries import CallTotals, ContactCounts, WaitView
from orchestrator.operations.campaigns.find_campaigns import CampaignInForce, find_in_force
from orchestrator.operations.campaigns.read_stats import read_stats
from orchestrator.policy.eta import EtaBasis
from orchestrator.policy.guards.judge import State
from orchestrator.policy.guards.rules import Guard
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("campaigns")


class CallCounts(CallTotals):
    """Calls by state; `dialed` counts each that the carrier has or may have received.

    Of the `people` who answered and were measured, `abandoned` heard nothing within two seconds, `silent` nothing
    within three, and `opted_out` asked not to be called again.
    """

    by_answer: dict[str, dict[str, int]]


class PeopleView(BaseModel):
    """The `humans` who answered and were measured: how many were `bridged` with somebody, abandoned, or heard nothing.

    A person who was connected late is `bridged` and abandoned, too.
    """

    humans: int
    bridged: int
    abandoned: int
    silent: int
    abandon_rate_30d: float | None = Field(description="Of the people who answered in 30 days; null for none.")


class Rate(BaseModel):
    """Dials per second over the last 5 s, and what is allowed: dials per second, and live calls at one time."""

    dials_per_s: float
    limit: float
    max_live_calls: int | None = Field(description="Null where neither campaign nor connection limits them.")


class Percentiles(BaseModel):
    """Of the newest measurements, in ms; null when there are none."""

    p50: float | None
    p99: float | None


class Latency(BaseModel):
    """The time from a webhook of one of the campaign's calls to the command that follows."""

    event_to_command: Percentiles


class GuardView(BaseModel):
    """What a guard says whose counts last over a resume: its share, where it pauses, and the figures in words."""

    guard: Guard
    state: State
    share: float | None
    limit: float | None
    detail: str


class EtaView(BaseModel):
    """When the last contact will have been dialed: a forecast. Null where it is not within 30 days.

    Reckoned by the pace that it is `based_on`, within the calling hours, with as many dials for each contact as were
    made so far. Those who are `left_out` wait until somebody acts.
    """

    at: Moment | None
    dials_per_s: float
    based_on: EtaBasis = Field(description=EtaBasis.__doc__)
    dials_each: float
    left_out: int


class SpendView(BaseModel):
    """What calls that are over have cost, today (UTC) and in all, and what is reserved for those that are not."""

    today: Decimal
    total: Decimal
    reserved: Decimal
    per_day_limit: Decimal | None
    total_limit: Decimal | None
    currency: str


class StatsView(BaseModel):
    """The statistics of a campaign."""

    status: str
    status_reason: StatusReason | None
    contacts: ContactCounts
    waiting_by_reason: dict[str, WaitView] = Field(description="Of those that may be dialed by hours and zone.")
    held_by_reason: dict[str, WaitView] = Field(description="Those in a zone that is closed are among them.")
    eta: EtaView | None = Field(description="Null for a campaign that does not run.")
    calls: CallCounts
    people: PeopleView
    guards: list[GuardView]
    abandon_rate_30d: float | None = Field(description="Of the people who answered in 30 days; null for none.")
    spend: SpendView | None = Field(description="Null for a campaign without a budget.")
    warnings: list[FindingView] = Field(
        description="`dials_per_caller_id`: one of its caller ids has made over 75 dials in 24 hours, for whomever."
    )
    rate: Rate
    latency_ms: Latency


@resource.route("GET", "/v1/campaigns/{campaign_id}/stats", gives={200: StatsView}, fails=(404,))
def stats(services: Services, campaign_id: str) -> StatsView:
    """Show the statistics of a campaign.

    They are read once a second for all who ask, and at once when the campaign was changed or all dialing was stopped.
    """
    return stats_of(services, find_in_force(campaign_id, sql=services.sql))


def stats_of(services: Services, in_force: CampaignInForce) -> StatsView:
    """Return the statistics of a campaign, read at most a second ago as it is in force."""
    return services.stats.get(repr(in_force), lambda: _read(services, in_force))


def _read(services: Services, in_force: CampaignInForce) -> StatsView:
    numbers = asdict(
        read_stats(
            in_force,
            sql=services.sql,
            client=services.redis,
            keys=services.keys,
            clock=services.clock,
            call_estimate=services.settings.call_estimate,
        )
    )
    calls = (
        numbers["calls"]
        | numbers["people"]
        | {name: numbers[name] for name in ("by_disposition", "by_outcome", "by_answer")}
    )
    people = {**numbers["people"], "humans": numbers["people"]["people"]}
    people["abandon_rate_30d"] = numbers["abandon_rate_30d"]
    rate = {name: numbers[name] for name in ("dials_per_s", "limit", "max_live_calls")}
    latency = {"event_to_command": numbers["event_to_command_ms"]}
    shown = {**numbers, "calls": calls, "people": people, "rate": rate, "latency_ms": latency}
    return StatsView.model_validate(shown, from_attributes=True)
