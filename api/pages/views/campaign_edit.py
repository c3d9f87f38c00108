"""A campaign's settings and its people: changed, and added to."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.http.export_parameters import ExportQuery
from api.pages import campaign_words, words
from api.pages.page_routes import Pages
from api.pages.views.flow_inputs import inputs_of, sent_inputs
from api.pages.visit import Visit
from api.resources import campaigns, contacts, exports
from api.resources.campaigns import CampaignInFlight
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

_MEANWHILE = "Somebody has changed this campaign since you opened the form. Here is how it is now; repeat your change."


@pages.show("/campaigns/{campaign_id}/edit", needs=Role.OPERATOR)
def ask_edit(visit: Visit, campaign_id: str) -> Response:
    """Ask what to change."""
    campaign = campaigns.show(visit.services, campaign_id)
    return visit.page("campaign_edit.html", errors={}, **_edited(campaign, _values(campaign)))


@pages.form("/campaigns/{campaign_id}/edit")
def edit(visit: Visit, campaign_id: str) -> Response:
    """Change what was changed in the form, and nothing else."""
    campaign = campaigns.show(visit.services, campaign_id)
    before, sent = _values(campaign), {name: visit.form(name) for name in _values(campaign)}
    changed = {name for name in sent if sent[name].replace("\r\n", "\n") != before[name]}
    try:
        if changed:
            changes = _changes(campaign, sent, changed)
            visit.act(campaigns.change, changes, seen=visit.form("seen"), campaign_id=campaign_id)
    except ChangedMeanwhile:
        newest = campaigns.show(visit.services, campaign_id)
        return visit.page(
            "campaign_edit.html", status=412, errors={"form": _MEANWHILE}, **_edited(newest, _values(newest))
        )
    except (InvalidInput, Conflict) as refused:
        wrong = words.field_errors(refused)
        return visit.page("campaign_edit.html", status=422, errors=_by_field(wrong), **_edited(campaign, sent))
    return visit.go(f"/campaigns/{campaign_id}", "It is changed, from the next dial on." if changed else None)


def _edited(campaign: CampaignInFlight, values: dict[str, str]) -> dict[str, Any]:
    return {"campaign": campaign, "seen": campaign.etag, "values": values, "zone": campaign_words.zone_of(campaign)}


def _values(campaign: CampaignInFlight) -> dict[str, str]:
    """Return the settings as the form shows them."""
    zone, pacing, spend = campaign_words.zone_of(campaign), campaign.pacing, campaign.spend
    return {
        "name": campaign.name,
        "description": campaign.description or "",
        "tags": ", ".join(campaign.tags),
        "calls_per_second": _plain(pacing.calls_per_second),
        "max_live_calls": _plain(pacing.max_live_calls),
        "max_attempts": str(campaign.retry.max_attempts),
        "ends_at": words.wall_clock(campaign.ends_at, zone),
        "spend_per_day": _plain(spend and spend.per_day),
        "spend_total": _plain(spend and spend.total),
    }


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _changes(campaign: CampaignInFlight, sent: dict[str, str], changed: set[str]) -> dict[str, Any]:
    """Return what REST is to change: parts of a setting that were not in the form stay as they are."""
    changes: dict[str, Any] = {}
    if "name" in changed:
        changes["name"] = sent["name"]
    if "description" in changed:
        changes["description"] = sent["description"] or None
    if "tags" in changed:
        changes["tags"] = [tag.strip() for tag in sent["tags"].split(",") if tag.strip()]
    if "ends_at" in changed:
        changes["ends_at"] = words.from_wall_clock(sent["ends_at"], campaign_words.zone_of(campaign))
    if changed & {"calls_per_second", "max_live_calls"}:
        pace = {name: words.whole_number(sent[name]) for name in ("calls_per_second", "max_live_calls")}
        changes["pacing"] = campaign.pacing.model_dump(mode="json") | pace
    if "max_attempts" in changed:
        most = words.whole_number(sent["max_attempts"])
        changes["retry"] = campaign.retry.model_dump(mode="json") | {"max_attempts": most}
    if changed & {"spend_per_day", "spend_total"}:
        limits = {name: sent[f"spend_{name}"] or None for name in ("per_day", "total")}
        kept = campaign.spend.model_dump(mode="json") if campaign.spend else {}
        changes["spend"] = kept | limits if any(limits.values()) else None
    return changes


def _by_field(wrong: dict[str, str]) -> dict[str, str]:
    """Return what is wrong by the fields of the form: REST names `pacing.max_live_calls`, the form the last part."""
    names = {"spend.per_day": "spend_per_day", "spend.total": "spend_total"}
    return {names.get(name, name.rpartition(".")[2]): said for name, said in wrong.items()}


@pages.show("/campaigns/{campaign_id}/add", needs=Role.OPERATOR)
def ask_add(visit: Visit, campaign_id: str) -> Response:
    """Ask whom to add."""
    return _add_page(visit, campaign_id)


@pages.form("/campaigns/{campaign_id}/add")
def add(visit: Visit, campaign_id: str) -> Response:
    """Add one contact."""
    campaign = campaigns.show(visit.services, campaign_id)
    typed = {name: visit.form(name) for name in ("phone", "external_id", "timezone")}
    contact: dict[str, Any] = {name: value for name, value in typed.items() if value}
    contact |= {"phone": typed["phone"], "variables": sent_inputs(inputs_of(visit, campaign.flow.id))}
    values = {**typed, "variables": contact["variables"]}
    try:
        added = visit.act(contacts.add, {"contacts": [contact]}, campaign_id=campaign_id)
    except (InvalidInput, Conflict) as refused:
        wrong = words.field_errors(refused)
        return _add_page(visit, campaign_id, values=values, errors=wrong, status=422)
    [result] = added["results"]
    if result["error"]:
        place = result["error"]["pointer"].removeprefix("/contacts/0").strip("/").replace("/", ".") or "form"
        return _add_page(visit, campaign_id, values=values, errors={place: result["error"]["detail"]}, status=422)
    if result["status"] == "duplicate":
        errors = {"phone": "This campaign has this contact already."}
        return _add_page(visit, campaign_id, values=values, errors=errors, status=422)
    return visit.go(f"/campaigns/{campaign_id}", f"{typed['phone']} is added.")


def _add_page(
    visit: Visit,
    campaign_id: str,
    *,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    campaign = campaigns.show(visit.services, campaign_id)
    blank = {"phone": "", "external_id": "", "timezone": "", "variables": {}}
    shown = {"inputs": inputs_of(visit, campaign.flow.id), "values": values or blank, "errors": errors or {}}
    return visit.page("campaign_add.html", status=status, campaign=campaign, **shown)


@pages.show("/campaigns/{campaign_id}/results")
def results(visit: Visit, campaign_id: str) -> Response:
    """Give the results as a file."""
    asked = {"format": request.args.get("format") or "csv", **visit.filters("tz", "columns")}
    answered: Response = exports.results(visit.services, campaign_id, visit.asked(ExportQuery, **asked))
    return answered
