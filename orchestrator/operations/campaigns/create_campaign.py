"""Creates a campaign as a draft: nothing is dialed before it is started."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.flow import Flow
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.caller_ids.write_pools import hold_pool
from orchestrator.operations.campaigns.share_variables import under_inputs
from orchestrator.operations.flows.find_flows import check_ring, check_said, flow_named
from orchestrator.policy.campaign_rules import DEFAULT_NUMBER_GAP, CampaignChanges, NewCampaign, RetryRules
from orchestrator.policy.caps import Caps
from orchestrator.policy.durations import format_duration
from orchestrator.policy.lists.campaign_lists import CampaignLists
from orchestrator.policy.purposes import UNCAPPED, Purpose
from orchestrator.settings import Settings
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.connections import ensure_connection
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.installation_policy import caps_in_force
from orchestrator.store.sql.lists import hold_named

_ALLOWED = "at {bound} {cap}, which ORCHESTRATOR_CAP_{name} or PATCH /v1/policy says for everybody; only be stricter"


def create_campaign(
    draft: NewCampaign, *, campaign_id: str, sql: Engine, flows: FlowCache, caps: Caps, settings: Settings
) -> Row[Any]:
    """Store a campaign as a draft and return it; the same id again returns the stored one.

    Raises InvalidInput for an unknown flow or pool of caller ids, a flow that rings too briefly, a retry rule on an
    outcome that the flow does not declare, caps above the installation's, and lists that are unknown or of other kinds.
    """
    _check_caller_ids(draft)
    flow_id = flow_named(sql, draft.flow).id
    flow = flows.get(flow_id)
    check_outcomes(draft.retry, flow)
    check_ring(flow)
    check_said(flow, draft.purpose, draft.voice)
    shared = under_inputs(flow, draft.variables)
    with sql.begin() as tx:
        in_force = caps_in_force(tx, caps)
        check_caps(draft.caps, allowed=in_force)
        connection_id = ensure_connection(tx, settings)
        hold_pool(tx, draft.caller_id_pool)
        values = {
            **columns_of(draft, NewCampaign.model_fields),
            "number_gap_s": gap_s(draft, draft.number_gap, draft.purpose, in_force),
            "lists": known_lists(tx, draft.lists).model_dump(mode="json"),
            "variables": shared,
            "id": campaign_id,
            "flow_id": flow_id,
            "connection_id": connection_id,
        }
        campaigns.insert_campaign(tx, values)
        concerns(campaign_id)
        return found(campaigns.find_campaign(tx, campaign_id), campaign_id)


def columns_of(document: NewCampaign | CampaignChanges, fields: Collection[str]) -> dict[str, Any]:
    """Return the columns for those `fields` of a request that are stored unchanged, which the flow is not."""
    columns = document.model_dump(mode="json", include=set(fields) - {"flow", "number_gap", "caps"})
    columns |= {name: getattr(document, name) for name in ("starts_at", "ends_at") if name in fields}
    if columns.keys() & {"caller_ids", "caller_id_pool"}:  # one takes the place of the other
        columns |= {"caller_ids": columns.get("caller_ids") or [], "caller_id_pool": columns.get("caller_id_pool")}
    if columns.get("calling_hours"):
        columns["always_because"] = columns["calling_hours"].pop("because", None)
    if "number_gap" in fields and document.number_gap is not None:
        columns["number_gap_s"] = int(document.number_gap.total_seconds())
    if "caps" in fields and document.caps is not None:
        columns["caps"] = document.caps.stored()
    return columns


def gap_s(draft: BaseModel, number_gap: timedelta, purpose: Purpose | None, in_force: Caps) -> int:
    """Return the gap of a new campaign in seconds: that of the caps in force where the `draft` says none."""
    if "number_gap" in draft.model_fields_set:
        return int(number_gap.total_seconds())
    gap = timedelta(0) if purpose in UNCAPPED else in_force.min_gap or DEFAULT_NUMBER_GAP
    return int(gap.total_seconds())


def _check_caller_ids(draft: NewCampaign) -> None:
    if draft.caller_ids is None and draft.caller_id_pool is None:
        raise InvalidInput([FieldError("/caller_ids", "required", "name caller_ids, or a caller_id_pool")])


def check_outcomes(retry: RetryRules, flow: Flow) -> None:
    """Raise InvalidInput for rules on outcomes that the flow does not declare: misspelled, they would never apply."""
    unknown = retry.outcomes_not_in(flow.outcomes)
    if unknown:
        raise InvalidInput(
            [
                FieldError(f"/retry/on_outcome/{name}", "unknown_outcome", "the flow declares no such outcome")
                for name in unknown
            ]
        )


def check_caps(wanted: Caps | None, *, allowed: Caps) -> None:
    """Raise InvalidInput for caps above the installation's: a campaign may only be stricter."""
    loosened = allowed.loosened_by(wanted) if wanted else {}
    wrong = [FieldError(f"/caps/{name}", "cap_loosened", _allowed(name, cap)) for name, cap in loosened.items()]
    if wrong:
        raise InvalidInput(wrong)


def _allowed(name: str, cap: int | timedelta) -> str:
    bound, written = ("least", format_duration(cap)) if isinstance(cap, timedelta) else ("most", cap)
    return _ALLOWED.format(bound=bound, cap=written, name=name.upper())


def known_lists(tx: Connection, wanted: CampaignLists) -> CampaignLists:
    """Return these lists by their names, kept from being deleted until this transaction ends.

    Raises InvalidInput for each that is unknown or of another kind.
    """
    references = wanted.references
    rows = hold_named(tx, list(references.values())) if references else ()
    kinds = {ident: row.kind for row in rows for ident in (row.name, row.id)}
    wrong = [
        FieldError(f"/lists{pointer}", *problem)
        for pointer, ref in references.items()
        if (problem := _list_problem(ref, kinds.get(ref), pointer.split("/")[1]))
    ]
    if wrong:
        raise InvalidInput(wrong)
    return wanted.named_by({row.id: row.name for row in rows})


def _list_problem(reference: str, kind: str | None, wanted: str) -> tuple[str, str] | None:
    if kind is None:
        return "unknown_list", f"there is no list with the name or id {reference!r}"
    return ("wrong_kind", f"{reference!r} is a list of kind {kind}, not {wanted}") if kind != wanted else None


def found(row: Row[Any] | None, campaign_id: str) -> Row[Any]:
    """Return `row`, or raise NotFound for a campaign that is not there."""
    if row is None:
        raise NotFound("campaign", campaign_id)
    return row
