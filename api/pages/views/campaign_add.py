"""More people for a campaign: one of them, or a file."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, request

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.views.file_form import FileShown, asked_file, read_file
from api.pages.views.flow_inputs import inputs_of, person_page, sent_inputs
from api.pages.visit import Visit
from api.resources import campaigns, contacts, imports
from api.resources.campaigns import CampaignInFlight
from api.resources.imports import MOST_BYTES, RejectsQuery
from orchestrator.errors import Conflict, InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()
_FIELDS = ("phone", "external_id", "timezone")
_add_page = partial(person_page, template="campaign_add.html", fields=_FIELDS)


@pages.show("/campaigns/{campaign_id}/add", needs=Role.OPERATOR)
def ask_add(visit: Visit, campaign_id: str) -> Response:
    """Ask whom to add."""
    return _add_page(visit, campaign_id)


@pages.form("/campaigns/{campaign_id}/add")
def add(visit: Visit, campaign_id: str) -> Response:
    """Add one contact."""
    campaign = campaigns.show(visit.services, campaign_id)
    typed = {name: visit.form(name) for name in _FIELDS}
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


@pages.show("/campaigns/{campaign_id}/add/file", needs=Role.OPERATOR)
def ask_file(visit: Visit, campaign_id: str) -> Response:
    """Ask for a file of contacts, and say what was imported already."""
    campaign = campaigns.show(visit.services, campaign_id)
    return _file_page(visit, campaign, asked_file(visit, campaign))


@pages.form("/campaigns/{campaign_id}/add/file", max_bytes=MOST_BYTES)
def take_file(visit: Visit, campaign_id: str) -> Response:
    """Show how a file would be read, or import it so."""
    campaign = campaigns.show(visit.services, campaign_id)
    read = read_file(visit, campaign)
    if read.imported:
        return visit.go(f"/campaigns/{campaign_id}/add/file?imported={read.imported}")
    return _file_page(visit, campaign, read)


def _file_page(visit: Visit, campaign: CampaignInFlight, read: FileShown) -> Response:
    return visit.page("campaign_add_file.html", status=read.status, campaign=campaign, **read.values)


@pages.show("/imports/{import_id}/rejects")
def rejects(visit: Visit, import_id: str) -> Response:
    """Give the rows of a file that were not imported, as a file that can be corrected and imported."""
    asked = {"format": request.args.get("format") or "csv"}
    answered: Response = imports.rejects(visit.services, import_id, visit.asked(RejectsQuery, **asked))
    return answered
