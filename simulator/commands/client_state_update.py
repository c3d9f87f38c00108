"""Change the client_state of later webhooks; the only command that is a PUT."""

from __future__ import annotations

from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.schema.fields import Base64
from simulator.state.leg import Leg
from simulator.world import World


def _update(_world: World, leg: Leg, body: Body) -> None:
    leg.client_state = body["client_state"]


CLIENT_STATE_UPDATE = Command(
    action="client_state_update",
    method="PUT",
    needs=Needs.LIVE,
    schema=BodySchema(fields={"client_state": Base64(required=True, code="90017")}),
    effect=_update,
)
