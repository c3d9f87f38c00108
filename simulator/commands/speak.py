"""Speak a text after the queued sounds."""

from __future__ import annotations

from simulator.call.playback import speech, times
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY, LEGS, LOOP, SPEECH, STOP, basic_service_limits
from simulator.ids import fresh_uuid
from simulator.schema.errors import not_now
from simulator.state.leg import Leg
from simulator.world import World


def _speak(_world: World, leg: Leg, body: Body) -> None:
    if leg.player.is_full:
        raise not_now("Too much waits to be played on this call.")
    if body.get("stop"):
        leg.player.stop(body["stop"])
    ssml = body.get("payload_type") == "ssml"
    leg.player.queue(speech(body["payload"], ssml=ssml, times=times(body.get("loop")), speak_id=fresh_uuid()))


SPEAK = Command(
    action="speak",
    schema=BodySchema(
        fields={**IDENTITY, **SPEECH, **LOOP, **STOP, **LEGS},
        conditions=(basic_service_limits,),
    ),
    effect=_speak,
)
