"""Dials of the last hours, for tests of the caps on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.policy.campaign_rules import CampaignChanges
from tests.support.world import World

PHONE = "+13125550142"
_RECORDED = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, reserved_at, last_sent_at, ended_at, disposition, abandoned)
    SELECT :id, :campaign_id, :contact_id, 'conn-1', :phone, '+13125550100', 1, 'ended', 'c', 30, 60, sent, sent,
        sent + CAST(:talked_for AS interval), :disposition, :abandoned
    FROM (SELECT clock_timestamp() - make_interval(secs => CAST(:hours AS float) * 3600) AS sent) t
"""
DAY = timedelta(days=1)


def dialed(world: World, *, hours_ago: float, phone: str = PHONE, **campaign: Any) -> str:
    """Let a campaign of its own have dialed a number so long ago, and the call have ended."""
    campaign_id = world.campaign(**campaign)
    world.contact(campaign_id, phone=phone)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hang_up(call_id)
    assert world.call_row(call_id)["state"] == "ended"
    world.age_send(call_id, hours_ago * 3600)
    return call_id


def recorded(
    world: World,
    *,
    hours_ago: float,
    phone: str = PHONE,
    campaign_id: str | None = None,
    disposition: str = "no_answer",
    abandoned: bool = False,
    talked_for: timedelta = timedelta(minutes=1),
) -> str:
    """Write a call of another contact that was sent so long ago and has ended; return its id."""
    campaign_id = campaign_id or world.campaign()
    call_id = new_id("call")
    contact_id = world.contact(campaign_id, phone=phone, status="completed", due_at=None, external_id=call_id)
    world.execute(
        _RECORDED,
        id=call_id,
        campaign_id=campaign_id,
        contact_id=contact_id,
        phone=phone,
        hours=hours_ago,
        talked_for=talked_for,
        disposition=disposition,
        abandoned=abandoned,
    )
    return call_id


def sent_at(world: World, call_id: str) -> datetime:
    moment: datetime = world.call_row(call_id)["last_sent_at"]
    return moment


def held(world: World, contact_id: str) -> tuple[Any, ...]:
    row = world.contact_row(contact_id)
    return row["status"], row["reason"], row["due_at"]


def one_more(world: World, *, phone: str = PHONE, **campaign: Any) -> tuple[str, str]:
    campaign_id = world.campaign(**campaign)
    return campaign_id, world.contact(campaign_id, phone=phone)


def say(world: World, campaign_id: str, **changes: Any) -> None:
    world.run(change_campaign, campaign_id, CampaignChanges.model_validate(changes))
