"""Reject an unanswered incoming call."""

from __future__ import annotations

from simulator.call.hangup import HangupReason, end_leg
from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.fields import Choice
from simulator.state.leg import Leg
from simulator.world import World

_ENDS = {
    "CALL_REJECTED": HangupReason("call_rejected", "callee", "603"),
    "USER_BUSY": HangupReason("user_busy", "callee", "486"),
    "NOT_FOUND": HangupReason("not_found", "callee", "404"),
    "TEMPORARILY_UNAVAILABLE": HangupReason("unspecified", "callee", "480"),
}


def _reject(world: World, leg: Leg, body: Body) -> None:
    end_leg(world, leg, _ENDS[body["cause"]])


REJECT = Command(
    action="reject",
    needs=Needs.PARKED,
    schema=BodySchema(fields={**IDENTITY, "cause": Choice(tuple(_ENDS), required=True)}),
    effect=_reject,
)
