"""Flows: their versions and who calls with them; one of them as it is written, and drawn."""

from __future__ import annotations

from flask import Response

from api.pages.flow_graph import draw
from api.pages.flow_words import ways_of
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import campaigns, flows
from api.resources.campaigns import CampaignQuery
from api.resources.flows import FlowQuery
from orchestrator.errors import InvalidFlow

pages = Pages()

_ON_A_PAGE = 50
_CAMPAIGNS_READ = 200


@pages.show("/flows")
def index(visit: Visit) -> Response:
    """List versions of flows, newest first."""
    listed = flows.index(visit.services, visit.asked(FlowQuery, limit=_ON_A_PAGE))
    used: dict[str, list[object]] = {}
    for campaign in campaigns.index(visit.services, CampaignQuery(limit=_CAMPAIGNS_READ)).data:
        used.setdefault(campaign.flow.id, []).append(campaign)
    shown = {"flows": listed.data, "next_cursor": listed.next_cursor, "used": used, "read": _CAMPAIGNS_READ}
    return visit.page("flows.html", query=visit.filters("name", "cursor"), **shown)


@pages.show("/flows/{flow_id}")
def show(visit: Visit, flow_id: str) -> Response:
    """Show a version of a flow, written and drawn."""
    source = flows.show(visit.services, flow_id)
    try:
        flow = visit.services.flows.find(flow_id)
    except InvalidFlow:  # an older version took it
        flow = None
    drawn, ways = (draw(flow), ways_of(flow)) if flow else (None, [])
    inputs = flow.inputs if flow else {}
    return visit.page("flow.html", flow=source, inputs=inputs, drawn=drawn, ways=ways, counts=None)
