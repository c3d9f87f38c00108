"""Finds the flow that a request means, by its id or its name, and checks that it may be dialed with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.flow import Flow
from orchestrator.flow.what_is_said import check_what_is_said
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose, Voice
from orchestrator.policy.ring_time import why_ring_too_short
from orchestrator.store.sql import flows


def find_flow(flow_id: str, *, sql: Engine) -> Row[Any]:
    """Return a version of a flow; raise NotFound for none."""
    with sql.connect() as tx:
        row = flows.find_flow(tx, flow_id)
    if row is None:
        raise NotFound("flow", flow_id)
    return row


def flow_named(sql: Engine, wanted: str) -> Row[Any]:
    """Return the flow with the id `wanted`, else the newest of that name; raise InvalidInput at /flow for neither."""
    with sql.connect() as tx:
        row = flows.find_flow(tx, wanted) or flows.newest_version(tx, wanted)
    if row is None:
        raise InvalidInput([FieldError("/flow", "unknown_flow", f"there is no flow with the id or name {wanted!r}")])
    return row


def check_said(flow: Flow, purpose: str | None, voice: str | None) -> None:
    """Raise InvalidInput for a flow that does not say what a campaign of this purpose must say in this voice."""
    said = check_what_is_said(flow, Purpose(purpose or DEFAULT_PURPOSE), Voice(voice) if voice else None)
    if said.problems:
        raise InvalidInput([FieldError("/flow", each.code, str(each)) for each in said.problems])


def check_ring(flow: Flow) -> None:
    """Raise InvalidInput for a flow that lets the phone ring too briefly; campaigns that run with one go on."""
    if why := why_ring_too_short(flow.dial_fields()["timeout_secs"]):
        raise InvalidInput([FieldError("/flow", "ring_floor", why)])
