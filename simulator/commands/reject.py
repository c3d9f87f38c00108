"""Reject an incoming call that was not answered."""

from __future__ import annotations

from simulator.call.hangup import End, end_leg
from simulator.commands.base import Body, Command, Needs, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.fields import Choice
from simulator.state.leg import Leg
from simulator.world import World

_ENDS = {
    "CALL_REJECTED": End("call_rejected", "callee", "603"),
    "USER_BUSY": End("user_busy", "callee", "486"),
    "NOT_FOUND": End("not_found", "callee", "404"),
    "TEMPORARILY_UNAVAILABLE": End("unspecified", "callee", "480"),
}


def _reject(world: World, leg: Leg, body: Body) -> None:
    end_leg(world, leg, _ENDS[body["cause"]])


REJECT = Command(
    action="reject",
    needs=Needs.PARKED,
    shape=Shape(fields={**IDENTITY, "cause": Choice(tuple(_ENDS), required=True)}),
    effect=_reject,
)
