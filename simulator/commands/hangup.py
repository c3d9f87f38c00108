"""Hang up: an answered leg ends, a ringing one is cancelled."""

from __future__ import annotations

from simulator.call.hangup import CANCELLED, REFUSED_BY_API, api_hangup, end_leg
from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.commands.shared_fields import CUSTOM_HEADERS, IDENTITY
from simulator.schema.fields import Text
from simulator.state.leg import Leg
from simulator.world import World


def _hang_up(world: World, leg: Leg, _body: Body) -> None:
    unanswered = REFUSED_BY_API if leg.is_incoming else CANCELLED
    end_leg(world, leg, api_hangup(leg) if leg.is_answered else unanswered)


HANGUP = Command(
    action="hangup",
    needs=Needs.LIVE,
    schema=BodySchema(fields={**IDENTITY, **CUSTOM_HEADERS, "reason": Text()}),
    effect=_hang_up,
)
