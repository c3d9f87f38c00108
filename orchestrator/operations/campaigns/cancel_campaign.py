"""Cancels a campaign for good: its open contacts are canceled, its live calls finish or are hung up."""

from __future__ import annotations

from typing import Any, Literal

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import Conflict
from orchestrator.ids import stable_uuid
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS, CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.event import ACTION_REQUESTED, Event
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.campaigns.end_open_contacts import end_contacts_of
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.calls import live_calls_of
from orchestrator.store.sql.campaigns import cancel, lock_campaign, read_row

_RELEASE = ReleaseReason(Reason.CAMPAIGN_CANCELED, final=ContactStatus.CANCELED, counts=False)
_ALLOWED = (*CAMPAIGN_TRANSITIONS.sources(CampaignStatus.CANCELED), CampaignStatus.CANCELED)


def cancel_campaign(
    campaign_id: str,
    *,
    live_calls: Literal["finish", "hangup"] = "finish",
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
) -> tuple[Row[Any], int]:
    """Return the canceled campaign and how many of its calls are live; nothing of it is sent after that (R9)."""
    _close_the_gate(sql, campaign_id)
    in_flight = drain_dials(call_filters.of_campaign(campaign_id), _RELEASE, sql=sql, client=client, keys=keys)
    end_contacts_of(sql, campaign_id)
    if live_calls == "hangup":
        hang_up_all(campaign_id, sql=sql, client=client, keys=keys)
    with sql.connect() as tx:
        return read_row(tx, campaign_id), in_flight


def hang_up_all(campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> int:
    """Request the hangup of each live call of the campaign; a repeated request is the same command."""
    with sql.connect() as tx:
        live = live_calls_of(tx, campaign_id)
    for call_id, now in live:
        command_id = stable_uuid(call_id, "cancel")
        payload = {"command_id": command_id, "action": "hangup", "body": {}}
        event = Event(
            id=f"request:{command_id}", type=ACTION_REQUESTED, occurred_at=now, call_id=call_id, payload=payload
        )
        add_event(client, keys, event)
    return len(live)


def _close_the_gate(sql: Engine, campaign_id: str) -> None:
    with sql.begin() as tx:
        status = found(lock_campaign(tx, campaign_id), campaign_id).status
        if status not in _ALLOWED:
            detail = f"A campaign that is {status} cannot be canceled."
            raise Conflict("not_cancelable", detail, status=status, allowed=_ALLOWED)
        cancel(tx, campaign_id)
