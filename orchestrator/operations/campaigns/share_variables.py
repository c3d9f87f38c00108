"""Reads the values that a campaign has for everybody by the names of its flow; no contact comes to lack an input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from orchestrator.contact_files.contact_rows import ContactForm
from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.flow import Flow
from orchestrator.operations.access.audit import record_besides
from orchestrator.policy.variables import MOST_VARIABLES, given_to_all
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.flow_cache import FlowCache

_ACTION = "PATCH /v1/campaigns/{campaign_id}"


def under_inputs(flow: Flow, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the inputs of `flow` that their names mean; raise InvalidInput where two names mean one."""
    form = ContactForm(optional=tuple(flow.inputs))
    named: dict[str, Any] = {}
    for name, value in values.items():
        known = form.input_for(name)
        if known in named:
            detail = f"another name already gives {known!r}"
            raise InvalidInput([FieldError(f"/variables/{name}", "duplicate_variable", detail)])
        named[known] = value
    return named


def merged(flow: Flow, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored values with changes, of which null takes one away; raise InvalidInput for too many."""
    values = {**stored, **under_inputs(flow, changes)}
    kept = {name: value for name, value in values.items() if value is not None}
    if len(kept) > MOST_VARIABLES:
        raise InvalidInput([FieldError("/variables", "variables", f"at most {MOST_VARIABLES} names and values")])
    return kept


def share_values(
    tx: Connection, campaign_id: str, values: Mapping[str, Any], *, expects: Expects = whatever_it_is, flows: FlowCache
) -> None:
    """Let a campaign have values for everybody, in the transaction in which its first contact with them is written.

    Raises InvalidInput as `merged` and `check_inputs` do.
    """
    campaign = campaigns.lock_campaign(tx, campaign_id)
    if campaign is None:
        raise NotFound("campaign", campaign_id)
    expects(campaign._mapping)
    flow = flows.get(campaign.flow_id)
    shared = merged(flow, campaign.variables, values)
    check_inputs(tx, campaign, flow, is_new_flow=False, shared=shared)
    campaigns.update_campaign(tx, campaign_id, {"variables": shared})
    change = {"before": {"variables": campaign.variables}, "after": {"variables": shared}}
    record_besides(tx, _ACTION, subject=campaign_id, **change)


def check_inputs(
    tx: Connection, campaign: Row[Any], flow: Flow, *, is_new_flow: bool, shared: Mapping[str, Any]
) -> None:
    """Raise InvalidInput where contacts would lack an input of `flow` with the values `shared` for everybody.

    Of the flow that the campaign has already, only what it gives no longer is looked for.
    """
    required = set(flow.required_inputs) - given_to_all(flow.required_inputs, shared)
    if not is_new_flow:
        required &= given_to_all(flow.required_inputs, campaign.variables)
    wanted = [name for name in flow.required_inputs if name in required]
    lacking = campaigns.lacks_inputs(tx, campaign.id, wanted) if wanted else 0
    if lacking:
        detail = f"{lacking} contacts lack an input of the flow; it requires {', '.join(wanted)}"
        field = "/flow" if is_new_flow else "/variables"
        raise InvalidInput([FieldError(field, "contacts_lack_inputs", detail)])
