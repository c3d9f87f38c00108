"""Refer: ask the far end to call another address; it hangs up when that call succeeds."""

from __future__ import annotations

import re
from functools import partial

from simulator.call.hangup import CANCELLED, TIMEOUT, end_leg, far_end_hangup
from simulator.call.ringing import hangup_reason_of
from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.commands.shared_fields import CUSTOM_HEADERS, IDENTITY, SIP_HEADERS
from simulator.schema.addresses import Sip
from simulator.schema.errors import not_now
from simulator.schema.fields import Text
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_NUMBER = re.compile(r"sips?:(\+\d+)@")
_RING_TIMEOUT_S = 30.0
_HANGUP_DELAY_S = 0.5
_SUCCESS = 200
_UNAVAILABLE = 503


def _refer(world: World, leg: Leg, body: Body) -> None:
    if leg.refers_to is not None:
        raise not_now("A refer of this call is under way already.")
    leg.refers_to = body["sip_address"]
    emit(world, leg, "call.refer.started", sip_notify_response=100)
    seconds, status = _outcome(world, body["sip_address"])
    leg.timers.set("refer", seconds, partial(_settle, world, leg, status))


def _outcome(world: World, address: str) -> tuple[float, int]:
    """Return the seconds until the last NOTIFY, and its SIP status."""
    found = _NUMBER.match(address)
    number = found[1] if found else address
    callee = world.population.answer(number, nth=0)
    if callee.answers and callee.rings_s < _RING_TIMEOUT_S:
        return callee.rings_s, _SUCCESS
    reason = hangup_reason_of(callee.kind)
    if reason is None:
        return _RING_TIMEOUT_S, int(TIMEOUT.sip)
    return callee.rings_s, int(reason.sip) if reason.sip.isdigit() else _UNAVAILABLE


def _settle(world: World, leg: Leg, status: int) -> None:
    leg.refers_to = None
    if status != _SUCCESS:
        emit(world, leg, "call.refer.failed", sip_notify_response=status)
        return
    emit(world, leg, "call.refer.completed", sip_notify_response=status)
    end = far_end_hangup(leg) if leg.is_answered else CANCELLED
    leg.timers.set("leaves", _HANGUP_DELAY_S, partial(end_leg, world, leg, end))


REFER = Command(
    action="refer",
    needs=Needs.LIVE,
    schema=BodySchema(
        fields={
            **IDENTITY,
            **CUSTOM_HEADERS,
            **SIP_HEADERS,
            "sip_address": Sip(required=True),
            "sip_auth_password": Text(),
            "sip_auth_username": Text(),
        }
    ),
    effect=_refer,
)
