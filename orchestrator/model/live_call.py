"""The state of a call while it lives: what the line does and where its flow stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LIVE_SCHEMA = 1

Phase = Literal["dialing", "ringing", "answered", "ended"]


class Outstanding(BaseModel):
    """A command that was decided and whose ending has not been seen."""

    model_config = ConfigDict(frozen=True)

    command_id: str
    action: str
    visit: int
    accepted: bool = False


class Suppression(BaseModel):
    """A number the flow asked never to dial again, within a scope: `global` or a campaign id."""

    model_config = ConfigDict(frozen=True)

    scope: str
    reason: str


class LiveCall(BaseModel):
    """One live call; frozen, every change is a new value. Kept as JSON in Redis beside its version."""

    model_config = ConfigDict(frozen=True)

    schema_no: int = LIVE_SCHEMA
    call_id: str
    flow_id: str | None = None
    campaign_id: str | None = None
    contact_id: str | None = None
    to: str = ""
    caller_id: str = ""
    contact: dict[str, Any] = {}
    dialed_at: datetime | None = None
    adopted: bool = False

    phase: Phase = "dialing"
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    amd_result: str | None = None
    hangup_cause: str | None = None
    hangup_source: str | None = None
    sip_hangup_cause: str | None = None
    hangup_assumed: bool = False
    error: dict[str, Any] | None = None
    closing: bool = False
    settled: bool = False
    doubles: tuple[str, ...] = ()

    step: str | None = None
    visit: int = 0
    visits: dict[str, int] = {}
    answers: dict[str, Any] = {}
    outcome: str | None = None
    outstanding: tuple[Outstanding, ...] = ()
    seen: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    target_legs: tuple[str, ...] = ()

    recordings: tuple[dict[str, Any], ...] = ()
    cost: dict[str, Any] | None = None
