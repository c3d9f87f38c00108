"""Transfer: dial a second leg in the same session and bridge the two when it answers."""

from __future__ import annotations

from simulator.call.ringing import ring
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.outbound_leg import OUTBOUND, check_destination, new_leg, without_post_dial_digits
from simulator.commands.shared_fields import CALLER_ID, DESTINATION
from simulator.schema.errors import bad_request
from simulator.schema.fields import Base64, Choice, Flag
from simulator.state.leg import Leg
from simulator.world import World


def _transfer(world: World, leg: Leg, body: Body) -> None:
    if leg.bridged_to is not None or leg.transfer_target is not None:
        raise bad_request("The call is already bridged or being transferred.", at="/to")
    number = without_post_dial_digits(body["to"])
    check_destination(world, number)
    target = new_leg(
        world,
        body,
        role="B",
        to=number,
        from_=body.get("from") or leg.to,
        session=leg.call_session_id,
        connection_id=leg.connection_id,
        client_state=body.get("target_leg_client_state"),
        webhook_url=leg.webhook_routing.url,
    )
    leg.parks_after_unbridge = body.get("park_after_unbridge") == "self"
    leg.transfer_target, target.transferred_from = target, leg
    leg.timers.cancel("patience", "leaves")
    ring(world, target)


TRANSFER = Command(
    action="transfer",
    schema=BodySchema(
        fields={
            **OUTBOUND,
            "to": DESTINATION,
            "from": CALLER_ID,
            "early_media": Flag(),
            "mute_dtmf": Choice(("none", "both", "self", "opposite")),
            "target_leg_client_state": Base64(code="90017"),
        },
        one_of=(("audio_url", "media_name"),),
    ),
    effect=_transfer,
)
