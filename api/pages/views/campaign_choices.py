"""The campaigns that the filters of a list offer."""

from __future__ import annotations

from api.http.path_ids import has_form
from api.pages.visit import Visit
from api.resources import campaigns
from api.resources.campaigns import CampaignQuery
from orchestrator.operations.access.name_subjects import name_subjects

_OFFERED = 100


def offered_campaigns(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """Return (id, name) of the newest campaigns; the one that is chosen is there also if it is older."""
    newest = campaigns.index(visit.services, CampaignQuery(limit=_OFFERED)).data
    named = {each.id: each.name for each in newest}
    if chosen and chosen not in named:
        older = name_subjects([chosen], sql=visit.services.sql) if has_form("campaign_id", chosen) else {}
        named[chosen] = older.get(chosen, "no such campaign")
    return list(named.items())
