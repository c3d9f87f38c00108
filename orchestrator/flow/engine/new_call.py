"""Creates the first state of a call: before it is dialed, or before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.flow.definition import Flow
from orchestrator.model.live_call import Direction, LiveCall


def new_live_call(
    flow: Flow | None,
    *,
    call_id: str,
    to: str = "",
    caller_id: str = "",
    contact: Mapping[str, Any] | None = None,
    region: str | None = None,
    packs: tuple[str, ...] = (),
    dialed_at: datetime | None = None,
    flow_id: str | None = None,
    campaign_id: str | None = None,
    contact_id: str | None = None,
    direction: Direction = "outgoing",
) -> LiveCall:
    """Return a call that is about to be dialed, or an inbound one before its `call.initiated` is processed.

    `contact` is as for `Flow.contact_view`, `flow` None for none. `to` is the number at the other end, an incoming
    call's caller, and `caller_id` the number of ours; `region` is where the person is said to be, such as US-FL, and
    `packs` are the law packs that bind the call beside those of that place.
    """
    known = {"phone": to, **(contact or {})}
    return LiveCall(
        call_id=call_id,
        flow_id=flow_id,
        campaign_id=campaign_id,
        contact_id=contact_id,
        to=to,
        caller_id=caller_id,
        contact=flow.contact_view(known, region=region, packs=packs) if flow else known,
        dialed_at=dialed_at,
        direction=direction,
        notices=flow.notices_for(str(known["phone"] or ""), region, packs=packs) if flow else (),
        answers=dict(flow.answers) if flow else {},
    )
