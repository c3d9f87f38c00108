"""Send DTMF: tones go to the callee, and no webhook tells of them."""

from __future__ import annotations

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.fields import Text, Whole
from simulator.state.leg import MOST_KEPT, Leg
from simulator.world import World


def _send(_world: World, leg: Leg, body: Body) -> None:
    leg.sent_digits = (leg.sent_digits + body["digits"])[-MOST_KEPT:]


SEND_DTMF = Command(
    action="send_dtmf",
    shape=Shape(
        fields={
            **IDENTITY,
            "digits": Text(required=True, least=1, chars="0-9A-DwW*#", code="90014"),
            "duration_millis": Whole(least=100, most=500, code="90027"),
        }
    ),
    effect=_send,
)
