"""The steps of a new campaign: a draft that somebody can leave and come back to; nothing is dialed before the last."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.views import campaign_fields
from api.pages.views.campaign_fields import HOURS, PACE, Part, Values
from api.pages.views.flow_inputs import contested_values, inputs_of, merged_values, shared_values
from api.pages.views.hours_fields import MORE_WINDOWS, WEEK
from api.pages.views.merged_form import MEANWHILE, MergedForm, merge, told
from api.pages.visit import Visit
from api.resources import campaigns, contacts, preflights
from api.resources.campaigns import CampaignInFlight
from api.resources.contacts import ContactQuery
from api.resources.preflights import Asked
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

STEPS = (
    ("flow", "Flow"),
    ("file", "File"),
    ("values", "Values for everybody"),
    ("hours", "Hours and retries"),
    ("preflight", "Check and start"),
)


def draft_of(visit: Visit, campaign_id: str) -> CampaignInFlight:
    """Return a campaign that has not been started; raise Conflict for another."""
    campaign: CampaignInFlight = campaigns.show(visit.services, campaign_id)
    if campaign.status != "draft":
        raise Conflict("not_a_draft", "This campaign has been started: its page changes it.", status=campaign.status)
    return campaign


def setup_page(visit: Visit, draft: CampaignInFlight | None, step: str, *, status: int = 200, **shown: Any) -> Response:
    """Return the page of one step."""
    return visit.page(f"setup_{step}.html", status=status, campaign=draft, steps=STEPS, step=step, **shown)


def keep_uncontested(visit: Visit, draft: CampaignInFlight, changes: dict[str, Any], form: MergedForm) -> None:
    """Change a draft as a form says; raise ChangedMeanwhile where somebody else has changed the same since."""
    form.refuse_contested(draft.etag)
    if changes:
        visit.act(campaigns.change, changes, seen=draft.etag, campaign_id=draft.id)


@pages.show("/campaigns/{campaign_id}/setup/values", needs=Role.OPERATOR)
def ask_values(visit: Visit, campaign_id: str) -> Response:
    """Ask what holds for everybody."""
    draft = draft_of(visit, campaign_id)
    return _values_page(visit, draft, shared_values(visit, draft))


@pages.form("/campaigns/{campaign_id}/setup/values")
def keep_values(visit: Visit, campaign_id: str) -> Response:
    """Keep what was changed in the form."""
    draft = draft_of(visit, campaign_id)
    form = merged_values(shared_values(visit, draft))
    try:
        mine = {name: form.values[name] or None for name in form.mine}
        keep_uncontested(visit, draft, {"variables": mine} if mine else {}, form)
    except ChangedMeanwhile:
        return _values_page(visit, draft, form.values, errors=contested_values(form), status=412)
    except InvalidInput as refused:
        wrong = words.field_errors(refused)
        return _values_page(visit, draft, form.values, opened=form.opened, errors=wrong, status=422)
    return visit.go(f"/campaigns/{campaign_id}/setup/hours")


def _values_page(
    visit: Visit,
    draft: CampaignInFlight,
    variables: Values,
    *,
    opened: Values | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Show the inputs that the file does not fill before those that it does: as its first contact has them."""
    first = contacts.index(visit.services, ContactQuery(campaign_id=draft.id, limit=1)).data
    filled = {name for name, value in (first[0].variables if first else {}).items() if value not in (None, "")}
    inputs = inputs_of(visit, draft.flow.id)
    parts = {"inputs": [i for i in inputs if i.name not in filled], "filled": [i for i in inputs if i.name in filled]}
    shown = {"values": {"variables": variables}, "opened": told(opened or shared_values(visit, draft))}
    return setup_page(visit, draft, "values", status=status, errors=errors or {}, **shown, **parts)


@pages.show("/campaigns/{campaign_id}/setup/hours", needs=Role.OPERATOR)
def ask_hours(visit: Visit, campaign_id: str) -> Response:
    """Ask when, how fast and how often it calls."""
    draft = draft_of(visit, campaign_id)
    return _hours_page(visit, draft, campaign_fields.shown(_hours_parts(visit, draft), draft))


@pages.form("/campaigns/{campaign_id}/setup/hours")
def keep_hours(visit: Visit, campaign_id: str) -> Response:
    """Keep what was changed in the form."""
    draft = draft_of(visit, campaign_id)
    parts = _hours_parts(visit, draft)
    now = campaign_fields.shown(parts, draft)
    form = merge(now, campaign_fields.sent(now))
    try:
        keep_uncontested(visit, draft, campaign_fields.changed(parts, draft, form.values), form)
    except ChangedMeanwhile:
        return _hours_page(visit, draft, form.values, errors={"form": MEANWHILE, **form.contested}, status=412)
    except InvalidInput as refused:
        wrong = campaign_fields.said_wrong(refused, form.values)
        return _hours_page(visit, draft, form.values, opened=form.opened, errors=wrong, status=422)
    return visit.go(f"/campaigns/{campaign_id}/setup/preflight")


def _hours_parts(visit: Visit, draft: CampaignInFlight) -> tuple[Part, ...]:
    return HOURS, PACE, campaign_fields.retries(campaign_fields.outcomes_of(visit, draft.flow.id))


def _hours_page(
    visit: Visit,
    draft: CampaignInFlight,
    values: Values,
    *,
    opened: Values | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    shown = {
        "values": values,
        "opened": told(opened or campaign_fields.shown(_hours_parts(visit, draft), draft)),
        "errors": errors or {},
        "retried": campaign_fields.retried(draft, campaign_fields.outcomes_of(visit, draft.flow.id)),
        "week": WEEK,
        "more_windows": MORE_WINDOWS,
    }
    return setup_page(visit, draft, "hours", status=status, **shown)


@pages.show("/campaigns/{campaign_id}/setup/preflight", needs=Role.OPERATOR)
def ask_start(visit: Visit, campaign_id: str) -> Response:
    """Say what would become of its contacts, and ask whether to start."""
    return _preflight_page(visit, draft_of(visit, campaign_id))


@pages.form("/campaigns/{campaign_id}/setup/preflight")
def start(visit: Visit, campaign_id: str) -> Response:
    """Start it, in spite of what was accepted."""
    draft = draft_of(visit, campaign_id)
    wanted = {"accept": request.form.getlist("accept")}
    try:
        started = visit.act(campaigns.start, wanted, seen=visit.form("seen"), campaign_id=campaign_id)
    except ChangedMeanwhile:
        said = "Somebody has changed this campaign since. It was not started: look at what would happen now."
        return _preflight_page(visit, draft, refused=said, status=412)
    except Conflict as refused:
        return _preflight_page(visit, draft, refused=refused.detail, status=422)
    said = "It runs." if started["status"] == "running" else "It is scheduled."
    return visit.go(f"/campaigns/{campaign_id}", said)


def _preflight_page(visit: Visit, draft: CampaignInFlight, *, refused: str = "", status: int = 200) -> Response:
    told = preflights.preflight(visit.services, draft.id, Asked())
    return setup_page(visit, draft, "preflight", status=status, told=told, errors={"form": refused} if refused else {})
