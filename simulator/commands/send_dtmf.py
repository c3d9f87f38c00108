"""Send DTMF to the far end; no webhook reports it."""

from __future__ import annotations

from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.fields import Text, Whole
from simulator.state.leg import MAX_KEPT, Leg
from simulator.world import World


def _send(_world: World, leg: Leg, body: Body) -> None:
    leg.sent_digits = (leg.sent_digits + body["digits"])[-MAX_KEPT:]


SEND_DTMF = Command(
    action="send_dtmf",
    schema=BodySchema(
        fields={
            **IDENTITY,
            "digits": Text(required=True, minimum=1, chars="0-9A-DwW*#", code="90014"),
            "duration_millis": Whole(minimum=100, maximum=500, code="90027"),
        }
    ),
    effect=_send,
)
