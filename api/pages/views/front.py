"""The front page: every campaign with what it does at this moment."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.pages import campaign_words
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import campaigns, health, stats
from api.resources.campaigns import CampaignQuery, ListedCampaign
from orchestrator.operations.campaigns.read_costs import read_costs

pages = Pages()

_ON_A_PAGE = 20
_STATUSES = ("draft", "scheduled", "running", "paused", "completed", "canceled")


@pages.show("/")
def front(visit: Visit) -> Response:
    """Show the campaigns."""
    return visit.page("front.html", statuses=_STATUSES, **_values(visit))


@pages.show("/live", is_fragment=True)
def live(visit: Visit) -> Response:
    """Show what has become of them."""
    return visit.live("front_live.html", lambda: _values(visit))


@pages.show("/live/banner", is_fragment=True)
def banner(visit: Visit) -> Response:
    """Show whether dialing is stopped, on pages with nothing else that changes by itself."""
    return visit.live(None, dict)


def _values(visit: Visit) -> dict[str, Any]:
    query = visit.asked(CampaignQuery, include="stats", limit=_ON_A_PAGE)
    page = campaigns.index(visit.services, query)
    costs = read_costs([each.id for each in page.data], sql=visit.services.sql)
    return {
        "campaigns": [{**_shown(visit, each), "spent": costs.get(each.id)} for each in page.data],
        "query": visit.filters("status", "name", "tag", "cursor"),
        "next_cursor": page.next_cursor,
        "warnings": [each for each in health.read_checks(visit.services) if not each.ok],
    }


def _shown(visit: Visit, campaign: ListedCampaign) -> dict[str, Any]:
    running = stats.stats(visit.services, campaign.id) if campaign.status == "running" else None
    return {
        "campaign": campaign,
        "counts": campaign.stats,
        "running": running,
        "says": campaign_words.says(campaign, running),
        "zone": campaign_words.zone_of(campaign),
        "done": campaign_words.count_done(campaign.stats.contacts) if campaign.stats else 0,
    }
