"""Incoming calls: the request that places one, and the leg made from it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.call.playback import LegPlayer
from simulator.call.ringing import ring_incoming
from simulator.callees.callee import Kind, Persona
from simulator.ids import control_token, leg_uuid
from simulator.state.invite_details import InviteDetails
from simulator.state.leg import Direction, Leg, LegOptions, WebhookRouting
from simulator.time_scale import Timers
from simulator.world import World

Number = Annotated[str, Field(pattern=r"^(\+[1-9]\d{6,14}|sips?:[^\s@]+@[^\s@]+)$")]
Keys = Annotated[str, Field(pattern=r"^[0-9*#A-D]+$", max_length=128)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class UnpromptedKeys(BaseModel):
    """Keys that the caller presses some seconds after the answer, with or without a gather."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_s: Seconds
    press: Keys


class CustomHeader(BaseModel):
    """A custom SIP header of the caller."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    value: Annotated[str, Field(max_length=1_000)]


class SipHeader(CustomHeader):
    """A SIP header that the carrier supports by name."""

    name: Literal["User-to-User", "Diversion"]


class IncomingCall(BaseModel):
    """A call to place; seconds of simulated time. Fields left out come from the test number of `from`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Annotated[Number, Field(alias="from")]
    to: Number
    connection_id: str | None = None
    webhook_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+", max_length=2_000)] | None = None
    gives_up_after_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    presses: Keys | None = None
    keys: Annotated[tuple[UnpromptedKeys, ...], Field(max_length=50)] = ()
    hangs_up_after_s: Seconds | None = None
    patience_s: Seconds | None = None
    talks_s: Seconds | None = None
    leaves_mid_sentence: bool | None = None
    barges_in: bool | None = None
    says: Annotated[tuple[str, ...], Field(max_length=50)] | None = None
    caller_id_name: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    custom_headers: Annotated[tuple[CustomHeader, ...], Field(max_length=50)] = ()
    sip_headers: Annotated[tuple[SipHeader, ...], Field(max_length=50)] = ()
    attestation: Literal["A", "B", "C"] | None = None


class NoWebhookUrl(Exception):
    """Raised when neither the call nor the simulator's settings name a webhook URL."""


def place_incoming(world: World, call: IncomingCall) -> Leg:
    """Start this call and return its leg; raises NoWebhookUrl, and then no call was placed."""
    url = call.webhook_url or world.settings.webhook_url
    if url is None:
        raise NoWebhookUrl
    leg = Leg(
        key=f"from {call.from_}#{world.legs.nth_incoming(call.from_)}",
        role="I",
        direction=Direction.INCOMING,
        call_control_id=control_token(),
        call_leg_id=leg_uuid(),
        call_session_id=leg_uuid(),
        connection_id=call.connection_id or world.settings.connection_id or "1",
        to=call.to,
        from_=call.from_,
        client_state=None,
        command_id=None,
        webhook_routing=WebhookRouting(url=url, urls={}, retries_ms={}),
        persona=_persona(world, call),
        options=LegOptions(timeout_s=call.gives_up_after_s),
        invite=_invite_details(call),
        timers=Timers(world.time_scale),
        accepted_at=world.clock.now(),
    )
    leg.player = LegPlayer(world, leg)
    ring_incoming(world, leg)
    return leg


def _invite_details(call: IncomingCall) -> InviteDetails:
    return InviteDetails(
        caller_id_name=call.caller_id_name,
        custom_headers=tuple(header.model_dump() for header in call.custom_headers),
        sip_headers=tuple(header.model_dump() for header in call.sip_headers),
        attestation=call.attestation,
    )


def _persona(world: World, call: IncomingCall) -> Persona:
    requested = {
        "presses": call.presses,
        "keys": tuple((pressed.after_s, pressed.press) for pressed in call.keys) or None,
        "leaves_after_s": call.hangs_up_after_s,
        "patience_s": call.patience_s,
        "talks_s": call.talks_s,
        "leaves_mid_sentence": call.leaves_mid_sentence,
        "barges_in": call.barges_in,
        "says": call.says,
    }
    known = world.population.caller(call.from_)
    persona = known if known is not None else Persona(kind=Kind.HUMAN, patience_s=120, leaves_after_s=math.inf)
    return replace(persona, **{name: value for name, value in requested.items() if value is not None})  # type: ignore[arg-type]  # a mixed dict
