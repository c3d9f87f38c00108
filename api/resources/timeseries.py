"""How a campaign went, step by step: for charts."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from api.http.routes import Resource
from orchestrator.operations.campaigns.read_timeseries import MOST_STEPS, read_timeseries
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("campaigns")


class TimeseriesQuery(BaseModel):
    """The span, and the length of a step."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_alias=True, validate_by_name=True)

    from_: Moment | None = Field(None, alias="from", description="Left out: an hour before `to`.")
    to: Moment | None = Field(None, description="Left out, or in the future: now.")
    step: int = Field(60, ge=60, le=86_400, multiple_of=60, description=f"In seconds; at most {MOST_STEPS} steps.")


class StepView(BaseModel):
    """What happened within a step that begins at `at`; `live` calls went on at its end, or go on now.

    Answers and results are known once a call is over, and count in the step in which they happened.
    """

    at: Moment
    dials: int
    answers: int
    humans: int
    live: int
    dispositions: dict[str, int]
    outcomes: dict[str, int]


class TimeseriesView(BaseModel):
    """The steps of a span, the oldest first."""

    step: int
    data: list[StepView]


@resource.route(
    "GET",
    "/v1/campaigns/{campaign_id}/timeseries",
    query=TimeseriesQuery,
    gives={200: TimeseriesView},
    fails=(404, 422),
)
def timeseries(services: Services, campaign_id: str, query: TimeseriesQuery) -> TimeseriesView:
    """Show how a campaign went: dials, answers, people, results and live calls by steps of a minute or more."""
    steps = read_timeseries(
        campaign_id,
        since=query.from_,
        until=query.to,
        step_s=query.step,
        sql=services.sql,
        clock=services.clock,
    )
    return TimeseriesView(step=query.step, data=[StepView.model_validate(asdict(each)) for each in steps])
