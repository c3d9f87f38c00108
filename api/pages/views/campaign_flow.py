"""The flow of a campaign, drawn, with the calls under way at the step that each is at."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.pages.flow_graph import draw
from api.pages.flow_words import ways_of
from api.pages.page_routes import Pages
from api.pages.views.flow_choices import stored_flow
from api.pages.visit import Visit
from api.resources import campaigns
from api.resources.campaigns import CampaignInFlight
from orchestrator.operations.calls.find_calls import StepCounts, count_steps

pages = Pages()

COUNTED = 500
"""So many calls under way are counted, the newest, however many there are."""
_KEPT_S = 4.0


@pages.show("/campaigns/{campaign_id}/flow")
def show(visit: Visit, campaign_id: str) -> Response:
    """Show the flow of a campaign."""
    return visit.page("campaign_flow.html", **_values(visit, campaign_id))


@pages.show("/campaigns/{campaign_id}/flow/live", is_fragment=True)
def live(visit: Visit, campaign_id: str) -> Response:
    """Show it with the calls of this moment."""
    return visit.live("campaign_flow_live.html", lambda: _values(visit, campaign_id))


def _values(visit: Visit, campaign_id: str) -> dict[str, Any]:
    campaign = campaigns.show(visit.services, campaign_id)
    now = visit.part("campaign_flow_now.html", campaign_id, lambda: _now(visit, campaign), for_s=_KEPT_S)
    return {"campaign": campaign, "flow": campaign.flow, "calls_now": now}


def _now(visit: Visit, campaign: CampaignInFlight) -> dict[str, Any]:
    flow = stored_flow(visit, campaign.flow.id)
    drawn, ways = (draw(flow), ways_of(flow)) if flow else (None, [])
    counts = _counts(visit, campaign.id)
    return {
        "flow": campaign.flow,
        "drawn": drawn,
        "ways": ways,
        "counts": counts,
        "most": COUNTED,
    }


def _counts(visit: Visit, campaign_id: str) -> StepCounts:
    services = visit.services
    return count_steps(campaign_id, most=COUNTED, sql=services.sql, client=services.redis, keys=services.keys)
