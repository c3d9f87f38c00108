"""Stored flows as a choice: the newest version of each, newest first."""

from __future__ import annotations

from api.pages.visit import Visit
from api.resources import flows
from api.resources.flows import FlowQuery, FlowVersion
from orchestrator.errors import InvalidFlow, NotFound
from orchestrator.flow import Flow

_FLOWS_SHOWN = 200


def flow_choices(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """Return (id, name and version) of flows; the one that is chosen is there also in an earlier version."""
    choices = [(each.id, f"{each.name}, version {each.version}") for each in _newest_flows(visit)]
    if chosen and chosen not in dict(choices):
        stored = stored_flow(visit, chosen)
        choices += [(chosen, f"{stored.name}, an earlier version")] if stored else []
    return choices


def stored_flow(visit: Visit, flow_id: str) -> Flow | None:
    """Return a stored flow; None for one that is not there, or that this version cannot run."""
    try:
        return visit.services.flows.find(flow_id)
    except (NotFound, InvalidFlow):
        return None


def _newest_flows(visit: Visit) -> list[FlowVersion]:
    listed = flows.index(visit.services, FlowQuery(limit=_FLOWS_SHOWN)).data
    newest: dict[str, FlowVersion] = {}
    for each in listed:
        newest.setdefault(each.name, each)
    return list(newest.values())
