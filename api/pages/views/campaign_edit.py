"""A campaign's settings, changed; its results as a file."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from api.http.export_parameters import ExportQuery
from api.pages import campaign_words, words
from api.pages.page_routes import Pages
from api.pages.views import campaign_fields
from api.pages.views.campaign_fields import (
    CAPS,
    DESCRIPTION,
    ENDS,
    FLOW,
    HOURS,
    NAME,
    NUMBERS,
    PACE,
    PURPOSE,
    SPEND,
    STARTS,
    TAGS,
    Part,
    Values,
)
from api.pages.views.flow_choices import flow_choices
from api.pages.views.hours_fields import MORE_WINDOWS, WEEK
from api.pages.visit import Visit
from api.resources import campaigns, exports
from api.resources.campaigns import CampaignInFlight
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

_MEANWHILE = (
    "Somebody has changed this campaign since you opened the form, and nothing is saved yet. What you wrote stands "
    "below, beside what the other has made of it meanwhile. Look at it and save it once more."
)
_PARTS = (NAME, DESCRIPTION, TAGS, PACE, HOURS, NUMBERS, PURPOSE, FLOW, STARTS, ENDS, SPEND, CAPS)
_NEEDS_REST = ("flow", "caller_ids", "caller_id_pool", "purpose", "subject", "voice")
_AT_REST = ("draft", "paused")
_BEFORE_START = (*_AT_REST, "scheduled")


@pages.show("/campaigns/{campaign_id}/edit", needs=Role.OPERATOR)
def ask_edit(visit: Visit, campaign_id: str) -> Response:
    """Ask what to change."""
    campaign = campaigns.show(visit.services, campaign_id)
    return _edit_page(visit, campaign, _values(visit, campaign))


@pages.form("/campaigns/{campaign_id}/edit")
def edit(visit: Visit, campaign_id: str) -> Response:
    """Change what was changed in the form, and nothing else."""
    campaign = campaigns.show(visit.services, campaign_id)
    now = _values(visit, campaign)
    opened, sent = now | _opened(), campaign_fields.sent(now)
    mine = {name for name in sent if sent[name] not in (opened[name], now[name])}
    merged = now | {name: sent[name] for name in mine}
    try:
        if mine:
            changes = campaign_fields.changed(_parts(visit, campaign), campaign, merged)
            visit.act(campaigns.change, changes, seen=visit.form("seen"), campaign_id=campaign_id)
    except ChangedMeanwhile:
        both = {name for name in mine if now[name] != opened[name]}
        said = {name: f"Somebody else has written here: {_brief(now[name])}" for name in both}
        return _edit_page(visit, campaign, merged, errors={"form": _MEANWHILE, **said}, status=412)
    except (InvalidInput, Conflict) as refused:
        wrong = campaign_fields.said_wrong(refused, merged)
        return _edit_page(visit, campaign, merged, opened=opened, errors=wrong, seen=visit.form("seen"), status=422)
    return visit.go(f"/campaigns/{campaign_id}", "It is changed, from the next dial on." if mine else None)


def _opened() -> dict[str, Any]:
    """Return the values that the form was opened with; nothing where it does not say."""
    try:
        said = orjson.loads(request.form.get("opened", ""))
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return words.windows(value)
    return value or "nothing"


def _parts(visit: Visit, campaign: CampaignInFlight) -> tuple[Part, ...]:
    return (*_PARTS, campaign_fields.retries(campaign_fields.outcomes_of(visit, campaign.flow.id)))


def _values(visit: Visit, campaign: CampaignInFlight) -> Values:
    """Return the settings as the form shows them."""
    return campaign_fields.shown(_parts(visit, campaign), campaign)


def _edit_page(
    visit: Visit,
    campaign: CampaignInFlight,
    values: Values,
    *,
    opened: Values | None = None,
    errors: dict[str, str] | None = None,
    seen: str = "",
    status: int = 200,
) -> Response:
    """Show the form; `opened` and `seen` are what it was first made of, left out how the campaign is now."""
    was = opened or _values(visit, campaign)
    at_rest = campaign.status in _AT_REST or any(values[name] != was.get(name) for name in _NEEDS_REST)
    shown = {
        "values": values,
        "opened": orjson.dumps(was).decode(),
        "seen": seen or campaign.etag,
        "errors": errors or {},
        "zone": campaign_words.zone_of(campaign),
        "is_at_rest": at_rest,
        "is_before_start": campaign.status in _BEFORE_START,
        "flows": flow_choices(visit, values["flow"]),
        "pools": campaign_fields.pool_choices(visit, values["caller_id_pool"]),
        "retried": campaign_fields.retried(campaign, campaign_fields.outcomes_of(visit, campaign.flow.id)),
        "caps": [(name, "") for name in CAPS.shown(campaign)],
        "week": WEEK,
        "more_windows": MORE_WINDOWS,
        **campaign_fields.PURPOSE_CHOICES,
    }
    return visit.page("campaign_edit.html", status=status, campaign=campaign, **shown)


@pages.show("/campaigns/{campaign_id}/results")
def results(visit: Visit, campaign_id: str) -> Response:
    """Give the results as a file."""
    asked = {"format": request.args.get("format") or "csv", **visit.filters("tz", "columns")}
    answered: Response = exports.results(visit.services, campaign_id, visit.asked(ExportQuery, **asked))
    return answered
