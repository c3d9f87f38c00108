"""A campaign: how it goes, why it is not faster, and what is done with it in one click."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Response

from api.pages import campaign_words, charts
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import campaigns, keys, stats, summaries, timeseries
from api.resources.campaigns import CampaignView
from api.resources.keys import AuditQuery
from api.resources.timeseries import StepView, TimeseriesQuery
from orchestrator.operations.calls.find_calls import UnderWay, list_under_way
from orchestrator.operations.campaigns.find_campaigns import find_in_force
from orchestrator.policy.roles import Role

pages = Pages()

_ANSWERED = ("answered", "human", "machine", "fax")
_LIVE_READ = 50
_LIVE_SHOWN = 8
_CHANGES_SHOWN = 8
_QUARTER = timedelta(minutes=15)
_SHOWN_BY_QUARTER = timedelta(hours=6)
_OUTCOMES_SHOWN = 5
_CHARTS_KEPT_S = 10.0


@pages.show("/campaigns/{campaign_id}")
def show(visit: Visit, campaign_id: str) -> Response:
    """Show a campaign."""
    changes = []
    if visit.may(Role.ADMIN):
        changes = keys.audit(visit.services, AuditQuery(subject=campaign_id, limit=_CHANGES_SHOWN)).data
    return visit.page("campaign.html", changes=changes, **_values(visit, campaign_id))


@pages.show("/campaigns/{campaign_id}/live", is_fragment=True)
def live(visit: Visit, campaign_id: str) -> Response:
    """Show what has become of it."""
    return visit.live("campaign_live.html", lambda: _values(visit, campaign_id))


@pages.form("/campaigns/{campaign_id}/start")
def start(visit: Visit, campaign_id: str) -> Response:
    """Start it."""
    started = visit.act(campaigns.start, campaign_id=campaign_id)
    said = "It runs." if started["status"] == "running" else "It is scheduled."
    return visit.go(f"/campaigns/{campaign_id}", said)


@pages.form("/campaigns/{campaign_id}/pause")
def pause(visit: Visit, campaign_id: str) -> Response:
    """Pause it."""
    paused = visit.act(campaigns.pause, campaign_id=campaign_id)
    return visit.go(f"/campaigns/{campaign_id}", f"It is paused. {_under_way(paused['in_flight'])}")


@pages.form("/campaigns/{campaign_id}/resume")
def resume(visit: Visit, campaign_id: str) -> Response:
    """Let it go on."""
    visit.act(campaigns.resume, campaign_id=campaign_id)
    return visit.go(f"/campaigns/{campaign_id}", "It goes on.")


@pages.form("/campaigns/{campaign_id}/cancel")
def cancel(visit: Visit, campaign_id: str) -> Response:
    """End it for good."""
    wanted = {"live_calls": visit.form("live_calls", "finish")}
    ended = visit.act(campaigns.cancel, wanted, campaign_id=campaign_id)
    return visit.go(f"/campaigns/{campaign_id}", f"It is ended for good. {_under_way(ended['in_flight'])}")


def _under_way(count: int) -> str:
    return f"Calls under way go on to their end: {count}." if count else "No call is under way."


def _values(visit: Visit, campaign_id: str) -> dict[str, Any]:
    services = visit.services
    in_force = find_in_force(campaign_id, sql=services.sql)
    campaign, counted = campaigns.view_of(in_force), stats.stats_of(services, in_force)
    return {
        "campaign": campaign,
        "stats": counted,
        "says": campaign_words.says(campaign, counted),
        "why": campaign_words.why_not_faster(counted),
        "zone": campaign_words.zone_of(campaign),
        "done": campaign_words.count_done(counted.contacts),
        "funnel": _funnel(counted),
        "waits": _waits(counted),
        "drawn": visit.part(
            "campaign_charts.html", campaign_id, lambda: _charts(visit, campaign), for_s=_CHARTS_KEPT_S
        ),
        "live_calls": _under_way_now(visit, campaign_id),
    }


def _under_way_now(visit: Visit, campaign_id: str) -> list[UnderWay]:
    """Return a few calls that are under way: first those that have come to a step."""
    services = visit.services
    found = list_under_way(campaign_id, most=_LIVE_READ, sql=services.sql, client=services.redis, keys=services.keys)
    return sorted(found, key=lambda call: call.step is None)[:_LIVE_SHOWN]


def _funnel(counted: stats.StatsView) -> list[tuple[str, int]]:
    made = counted.calls
    answered = sum(made.by_disposition.get(name, 0) for name in _ANSWERED)
    with_outcome = sum(made.by_outcome.values())
    steps = [("Contacts", counted.contacts.total), ("Calls dialed", made.dialed), ("Answered", answered)]
    return [*steps, ("A person", made.people), ("With an outcome", with_outcome)]


def _waits(counted: stats.StatsView) -> list[tuple[str, str, summaries.WaitView]]:
    """Return what contacts wait for: (their status, the reason, how many and until when), most of them first."""
    held = [("held", reason, wait) for reason, wait in counted.held_by_reason.items()]
    waiting = [("waiting", reason, wait) for reason, wait in counted.waiting_by_reason.items()]
    return sorted([*held, *waiting], key=lambda each: -each[2].contacts)


def _charts(visit: Visit, campaign: CampaignView) -> dict[str, Any]:
    results = _results(visit, campaign.id)
    return {**_last_hour(visit, campaign.id), "results": results, "zone": campaign_words.zone_of(campaign)}


def _last_hour(visit: Visit, campaign_id: str) -> dict[str, charts.Chart]:
    steps = timeseries.timeseries(visit.services, campaign_id, TimeseriesQuery()).data
    times = [step.at for step in steps]
    return {
        "pace": charts.line_chart(times, {"dials/s": [step.dials / 60 for step in steps]}),
        "lines": charts.line_chart(times, {"live calls": [step.live for step in steps]}),
    }


def _results(visit: Visit, campaign_id: str) -> charts.Chart:
    since = visit.services.clock() - _SHOWN_BY_QUARTER
    query = TimeseriesQuery(from_=since, step=int(_QUARTER.total_seconds()))
    steps = timeseries.timeseries(visit.services, campaign_id, query).data
    return charts.column_chart([step.at for step in steps], _largest(steps))


def _largest(steps: list[StepView]) -> dict[str, list[int]]:
    """Return the outcomes that came most often, step by step, and all others as one."""
    totals: Counter[str] = Counter()
    for step in steps:
        totals.update(step.outcomes)
    shown = [name for name, _ in totals.most_common(_OUTCOMES_SHOWN)]
    series = {name.replace("_", " "): [step.outcomes.get(name, 0) for step in steps] for name in shown}
    if len(totals) > len(shown):
        series["other"] = [sum(n for name, n in step.outcomes.items() if name not in shown) for step in steps]
    return series
