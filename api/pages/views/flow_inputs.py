"""Fields for what a flow wants to know of a person, and the forms that ask for one person of a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from api.pages.views.campaign_fields import Values
from api.pages.views.merged_form import MEANWHILE, MergedForm, merge
from api.pages.visit import Visit
from api.resources import campaigns
from api.resources.campaigns import CampaignInFlight


@dataclass(frozen=True)
class InputField:
    """An input of a flow: whether it must be filled in, and what is taken where it is not."""

    name: str
    is_required: bool
    default: str


def inputs_of(visit: Visit, flow_id: str) -> list[InputField]:
    """Return the inputs of a version of a flow."""
    flow = visit.services.flows.find(flow_id)
    return [
        InputField(name, wanted.is_required, "" if wanted.default is None else str(wanted.default))
        for name, wanted in (flow.inputs.items() if flow else ())
    ]


def sent_inputs(inputs: list[InputField]) -> dict[str, str]:
    """Return what was filled in, by the names of the inputs."""
    sent = {each.name: request.form.get(f"variables.{each.name}", "").strip() for each in inputs}
    return {name: value for name, value in sent.items() if value}


def shared_values(visit: Visit, campaign: CampaignInFlight) -> Values:
    """Return what a campaign gives to everybody, as a form shows it, by the names of the flow's inputs."""
    said = {name: str(value).strip() for name, value in campaign.variables.items() if value is not None}
    return {each.name: said.get(each.name, "") for each in inputs_of(visit, campaign.flow.id)}


def merged_values(now: Values) -> MergedForm:
    """Return the fields of what holds for everybody over values which are like this now; each may be missing."""
    return merge(now, {name: request.form.get(f"variables.{name}", now[name]).strip() for name in now})


def contested_values(form: MergedForm) -> dict[str, str]:
    """Return what is said of those that somebody else has changed too, by the names of the fields."""
    return {"form": MEANWHILE, **{f"variables.{name}": said for name, said in form.contested.items()}}


def person_page(
    visit: Visit,
    campaign_id: str,
    *,
    template: str,
    fields: Sequence[str],
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Show a form with `fields` and the inputs of the campaign's flow: blank, or what was typed and what is wrong."""
    campaign = campaigns.show(visit.services, campaign_id)
    blank = {**dict.fromkeys(fields, ""), "variables": {}}
    shown = {"inputs": inputs_of(visit, campaign.flow.id), "values": values or blank, "errors": errors or {}}
    return visit.page(template, status=status, campaign=campaign, **shown)
