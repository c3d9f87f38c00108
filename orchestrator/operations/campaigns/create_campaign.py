"""Creates a campaign in draft: nothing is dialed before it is started."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.operations.flows.create_flow import flow_named
from orchestrator.policy.campaign_rules import CampaignChanges, NewCampaign, RetryRules
from orchestrator.policy.caps import Caps
from orchestrator.policy.ring_floor import why_ring_too_short
from orchestrator.store.sql import campaigns as queries_campaigns
from orchestrator.store.sql.connections import ensure_connection

if TYPE_CHECKING:
    from orchestrator.services import Services


_ALLOWED = "at most {cap}, which ORCHESTRATOR_CAP_{} allows to everybody; a campaign may only ask for fewer"


def create_campaign(services: Services, draft: NewCampaign, *, campaign_id: str) -> Row[Any]:
    """Store a campaign as a draft and return it; the same id again returns what stands.

    Raises InvalidInput for an unknown flow, one that gives up too soon, a retry rule on an outcome the flow never
    declares, and caps above the installation's.
    """
    flow = flow_named(services, draft.flow)
    check_outcomes(services, draft.retry, flow_id=flow.id)
    check_ring(services, flow_id=flow.id)
    check_caps(services, draft.caps)
    with services.sql.begin() as tx:
        connection_id = ensure_connection(tx, services.settings)
        values = {
            **columns_of(draft, NewCampaign.model_fields),
            "id": campaign_id,
            "flow_id": flow.id,
            "connection_id": connection_id,
        }
        queries_campaigns.insert_campaign(tx, values)
        return found(queries_campaigns.find_campaign(tx, campaign_id), campaign_id)


def columns_of(document: NewCampaign | CampaignChanges, fields: Collection[str]) -> dict[str, Any]:
    """Return the table's columns for those `fields` of a request that are stored as they are; its flow is not."""
    columns = document.model_dump(mode="json", include=set(fields) - {"flow", "number_gap"})
    columns |= {name: getattr(document, name) for name in ("starts_at", "ends_at") if name in fields}
    if "number_gap" in fields and document.number_gap is not None:
        columns["number_gap_s"] = int(document.number_gap.total_seconds())
    return columns


def check_outcomes(services: Services, retry: RetryRules, *, flow_id: str) -> None:
    """Raise InvalidInput for rules on outcomes that the flow does not declare: misspelled, they would never apply."""
    unknown = retry.outcomes_not_in(services.flows.get(flow_id).outcomes)
    told = "the flow declares no such outcome"
    if unknown:
        raise InvalidInput([FieldError(f"/retry/on_outcome/{name}", "unknown_outcome", told) for name in unknown])


def check_ring(services: Services, *, flow_id: str) -> None:
    """Raise InvalidInput for a flow that gives up too soon; what runs with one already goes on."""
    if why := why_ring_too_short(services.flows.get(flow_id).dial_fields()["timeout_secs"]):
        raise InvalidInput([FieldError("/flow", "ring_floor", why)])


def check_caps(services: Services, wanted: Caps | None) -> None:
    """Raise InvalidInput for caps above the installation's: a campaign may only be stricter."""
    loosened = services.caps.loosened_by(wanted) if wanted else {}
    wrong = [
        FieldError(f"/caps/{name}", "cap_loosened", _ALLOWED.format(name.upper(), cap=cap))
        for name, cap in loosened.items()
    ]
    if wrong:
        raise InvalidInput(wrong)


def found(row: Row[Any] | None, campaign_id: str) -> Row[Any]:
    """Return `row`, or raise NotFound for a campaign that is not there."""
    if row is None:
        raise NotFound("campaign", campaign_id)
    return row
