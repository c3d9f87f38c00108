"""A campaign's settings, changed; its results as a file."""

from __future__ import annotations

from flask import Response, request

from api.http.export_parameters import ExportQuery
from api.pages import campaign_words
from api.pages.page_routes import Pages
from api.pages.views import campaign_fields, rule_fields
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
from api.pages.views.merged_form import MEANWHILE, merge, told
from api.pages.views.rule_fields import GUARDS, LAW, LISTS
from api.pages.visit import Visit
from api.resources import campaigns, exports
from api.resources.campaigns import CampaignInFlight
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

_PARTS = (NAME, DESCRIPTION, TAGS, PACE, HOURS, NUMBERS, PURPOSE, FLOW, STARTS, ENDS, SPEND, CAPS, LAW, LISTS, GUARDS)
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
    form = merge(now, campaign_fields.sent(now))
    try:
        if form.mine:
            changes = campaign_fields.changed(_parts(visit, campaign), campaign, form.values)
            visit.act(campaigns.change, changes, seen=visit.form("seen"), campaign_id=campaign_id)
    except ChangedMeanwhile:
        return _edit_page(visit, campaign, form.values, errors={"form": MEANWHILE, **form.contested}, status=412)
    except (InvalidInput, Conflict) as refused:
        wrong = rule_fields.in_words(campaign_fields.said_wrong(refused, form.values))
        return _edit_page(
            visit, campaign, form.values, opened=form.opened, errors=wrong, seen=visit.form("seen"), status=422
        )
    return visit.go(f"/campaigns/{campaign_id}", "It is changed, from the next dial on." if form.mine else None)


def _names(part: Part, campaign: CampaignInFlight) -> list[tuple[str, str]]:
    """Return the fields of a part, without their labels."""
    return [(name, "") for name in part.shown(campaign)]


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
        "opened": told(was),
        "seen": seen or campaign.etag,
        "errors": errors or {},
        "zone": campaign_words.zone_of(campaign),
        "is_at_rest": at_rest,
        "is_before_start": campaign.status in _BEFORE_START,
        "flows": flow_choices(visit, values["flow"]),
        "pools": campaign_fields.pool_choices(visit, values["caller_id_pool"]),
        "retried": campaign_fields.retried(campaign, campaign_fields.outcomes_of(visit, campaign.flow.id)),
        "caps": _names(CAPS, campaign),
        "law": _names(LAW, campaign),
        "lists": _names(LISTS, campaign),
        "rules": _names(GUARDS, campaign),
        "list_names": rule_fields.list_names(visit),
        "week": WEEK,
        "more_windows": MORE_WINDOWS,
        **campaign_fields.PURPOSE_CHOICES,
        **rule_fields.CHOICES,
    }
    return visit.page("campaign_edit.html", status=status, campaign=campaign, **shown)


@pages.show("/campaigns/{campaign_id}/results")
def results(visit: Visit, campaign_id: str) -> Response:
    """Give the results as a file."""
    asked = {"format": request.args.get("format") or "csv", **visit.filters("tz", "columns")}
    answered: Response = exports.results(visit.services, campaign_id, visit.asked(ExportQuery, **asked))
    return answered
