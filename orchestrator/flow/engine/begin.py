"""The first state of a call: before it is dialed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.flow.definition import Flow
from orchestrator.model.live_call import LiveCall


def new_live_call(
    flow: Flow | None,
    *,
    call_id: str,
    to: str = "",
    caller_id: str = "",
    contact: Mapping[str, Any] | None = None,
    dialed_at: datetime | None = None,
    flow_id: str | None = None,
    campaign_id: str | None = None,
    contact_id: str | None = None,
) -> LiveCall:
    """Return a call that is about to be dialed; `contact` is as for `Flow.contact_view`, `flow` None for none."""
    known = {"phone": to, **(contact or {})}
    return LiveCall(
        call_id=call_id,
        flow_id=flow_id,
        campaign_id=campaign_id,
        contact_id=contact_id,
        to=to,
        caller_id=caller_id,
        contact=flow.contact_view(known) if flow else known,
        dialed_at=dialed_at,
        answers=dict(flow.answers) if flow else {},
    )
