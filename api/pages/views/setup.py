"""The steps of a new campaign: a draft that somebody can leave and come back to; nothing is dialed before the last."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.views.flow_inputs import inputs_of, sent_inputs
from api.pages.visit import Visit
from api.resources import campaigns, contacts, preflights
from api.resources.campaigns import CampaignInFlight
from api.resources.contacts import ContactQuery
from api.resources.preflights import Asked
from orchestrator.errors import Conflict, InvalidInput
from orchestrator.policy.roles import Role
from orchestrator.policy.weekly_hours import CONTACT

pages = Pages()

STEPS = (
    ("flow", "Flow"),
    ("file", "File"),
    ("values", "Values for everybody"),
    ("hours", "Hours and retries"),
    ("preflight", "Check and start"),
)
_RETRIED = (("no_answer", "nobody answers"), ("busy", "the line is busy"), ("machine", "a machine answers"))
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def draft_of(visit: Visit, campaign_id: str) -> CampaignInFlight:
    """Return a campaign that has not been started; raise Conflict for another."""
    campaign: CampaignInFlight = campaigns.show(visit.services, campaign_id)
    if campaign.status != "draft":
        raise Conflict("not_a_draft", "This campaign has been started: its page changes it.", status=campaign.status)
    return campaign


def setup_page(visit: Visit, draft: CampaignInFlight | None, step: str, *, status: int = 200, **shown: Any) -> Response:
    """Return the page of one step."""
    return visit.page(f"setup_{step}.html", status=status, campaign=draft, steps=STEPS, step=step, **shown)


@pages.show("/campaigns/{campaign_id}/setup/values", needs=Role.OPERATOR)
def ask_values(visit: Visit, campaign_id: str) -> Response:
    """Ask what holds for everybody."""
    draft = draft_of(visit, campaign_id)
    return _values_page(visit, draft, {"variables": draft.variables})


@pages.form("/campaigns/{campaign_id}/setup/values")
def keep_values(visit: Visit, campaign_id: str) -> Response:
    """Keep it."""
    draft = draft_of(visit, campaign_id)
    inputs = inputs_of(visit, draft.flow.id)
    sent = sent_inputs(inputs)
    taken_away = dict.fromkeys(draft.variables.keys() & {each.name for each in inputs})
    try:
        visit.act(campaigns.change, {"variables": {**taken_away, **sent}}, campaign_id=campaign_id)
    except InvalidInput as refused:
        return _values_page(visit, draft, {"variables": sent}, errors=words.field_errors(refused), status=422)
    return visit.go(f"/campaigns/{campaign_id}/setup/hours")


def _values_page(
    visit: Visit,
    draft: CampaignInFlight,
    values: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Show the inputs that the file does not fill before those that it does: as its first contact has them."""
    first = contacts.index(visit.services, ContactQuery(campaign_id=draft.id, limit=1)).data
    filled = {name for name, value in (first[0].variables if first else {}).items() if value not in (None, "")}
    inputs = inputs_of(visit, draft.flow.id)
    parts = {"inputs": [i for i in inputs if i.name not in filled], "filled": [i for i in inputs if i.name in filled]}
    return setup_page(visit, draft, "values", status=status, values=values, errors=errors or {}, **parts)


@pages.show("/campaigns/{campaign_id}/setup/hours", needs=Role.OPERATOR)
def ask_hours(visit: Visit, campaign_id: str) -> Response:
    """Ask when, from which numbers, how fast and how often it calls."""
    draft = draft_of(visit, campaign_id)
    return _hours_page(visit, draft, _said(draft), [day.value for day in draft.calling_hours.windows[0].days])


@pages.form("/campaigns/{campaign_id}/setup/hours")
def keep_hours(visit: Visit, campaign_id: str) -> Response:
    """Keep it."""
    draft = draft_of(visit, campaign_id)
    sent = {name: visit.form(name) for name in _said(draft)}
    days = request.form.getlist("days")
    if not _is_elsewhere(draft) and not days:
        return _hours_page(visit, draft, sent, days, errors={"days": "Choose a day at least."}, status=422)
    try:
        visit.act(campaigns.change, _changes(draft, sent, days), campaign_id=campaign_id)
    except InvalidInput as refused:
        wrong = {_field_of(name): said for name, said in words.field_errors(refused).items()}
        return _hours_page(visit, draft, sent, days, errors=wrong, status=422)
    return visit.go(f"/campaigns/{campaign_id}/setup/preflight")


def _is_elsewhere(draft: CampaignInFlight) -> bool:
    """Say whether its hours were written over REST in a way that the form cannot show."""
    return draft.calling_hours.always or len(draft.calling_hours.windows) > 1


def _said(draft: CampaignInFlight) -> dict[str, str]:
    hours, pacing, retry = draft.calling_hours, draft.pacing, draft.retry.model_dump(mode="json")
    after = {name: retry["on"].get(name, {}).get("after", "") for name, _ in _RETRIED}
    return {
        "start": hours.windows[0].start,
        "end": hours.windows[0].end,
        "timezone": "" if hours.timezone == CONTACT else hours.timezone,
        "caller_ids": ", ".join(draft.caller_ids),
        "calls_per_second": "" if pacing.calls_per_second is None else f"{pacing.calls_per_second:g}",
        "max_live_calls": "" if pacing.max_live_calls is None else str(pacing.max_live_calls),
        "max_attempts": str(draft.retry.max_attempts),
        **{name: words.as_list(value) for name, value in after.items()},
    }


def _changes(draft: CampaignInFlight, sent: dict[str, str], days: list[str]) -> dict[str, Any]:
    """Return what REST is to change; what the form does not show stays as it is."""
    pace = {name: words.whole_number(sent[name]) for name in ("calls_per_second", "max_live_calls")}
    retry = draft.retry.model_dump(mode="json")
    retry["max_attempts"] = words.whole_number(sent["max_attempts"])
    for name, _ in _RETRIED:
        delays = [delay.strip() for delay in sent[name].split(",") if delay.strip()]
        kept = retry["on"].pop(name, {})
        if delays:
            retry["on"][name] = {**kept, "after": delays}
    changes: dict[str, Any] = {"pacing": draft.pacing.model_dump(mode="json") | pace, "retry": retry}
    if not draft.caller_id_pool:
        changes["caller_ids"] = [number.strip() for number in sent["caller_ids"].split(",") if number.strip()]
    if not _is_elsewhere(draft):
        window = {"days": days, "start": sent["start"], "end": sent["end"]}
        hours = {"timezone": sent["timezone"] or CONTACT, "windows": [window]}
        changes["calling_hours"] = draft.calling_hours.model_dump(mode="json") | hours
    return changes


def _field_of(name: str) -> str:
    """Return the field of the form that REST calls `calling_hours.windows.0.start` or `retry.on.busy.after`."""
    known = {"start", "end", "days", "timezone", "caller_ids", "max_attempts", *(each for each, _ in _RETRIED)}
    known |= {"calls_per_second", "max_live_calls"}
    return next((part for part in reversed(name.split(".")) if part in known), name)


def _hours_page(
    visit: Visit,
    draft: CampaignInFlight,
    values: dict[str, str],
    days: list[str],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    shown = {"values": values, "days": days, "errors": errors or {}, "is_elsewhere": _is_elsewhere(draft)}
    return setup_page(visit, draft, "hours", status=status, week=_DAYS, retried=_RETRIED, **shown)


@pages.show("/campaigns/{campaign_id}/setup/preflight", needs=Role.OPERATOR)
def ask_start(visit: Visit, campaign_id: str) -> Response:
    """Say what would become of its contacts, and ask whether to start."""
    return _preflight_page(visit, draft_of(visit, campaign_id))


@pages.form("/campaigns/{campaign_id}/setup/preflight")
def start(visit: Visit, campaign_id: str) -> Response:
    """Start it, in spite of what was accepted."""
    draft = draft_of(visit, campaign_id)
    try:
        started = visit.act(campaigns.start, {"accept": request.form.getlist("accept")}, campaign_id=campaign_id)
    except Conflict as refused:
        return _preflight_page(visit, draft, refused=refused.detail, status=422)
    said = "It runs." if started["status"] == "running" else "It is scheduled."
    return visit.go(f"/campaigns/{campaign_id}", said)


def _preflight_page(visit: Visit, draft: CampaignInFlight, *, refused: str = "", status: int = 200) -> Response:
    told = preflights.preflight(visit.services, draft.id, Asked())
    return setup_page(visit, draft, "preflight", status=status, told=told, errors={"form": refused} if refused else {})
