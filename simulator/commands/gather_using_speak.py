"""Gather using speak: a prompt is read out and digits are collected; the prompt itself tells no webhook."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.call.gather import Gather, Plan
from simulator.call.playback import Sound, speech
from simulator.commands.asking import limits, seconds
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import DIGITS, DIGITS_ASCEND, IDENTITY, SPEECH, TRIES, basic_speaks_plain_english
from simulator.schema.fields import Text
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _gather(world: World, leg: Leg, body: Body) -> None:
    ssml, again = body.get("payload_type") == "ssml", body.get("invalid_payload")
    plan = Plan(
        **limits(body),
        first_digit_s=seconds(body, "timeout_millis", otherwise=60_000),
        tries=body.get("maximum_tries") or 3,
        prompt=partial(_prompt, body["payload"], ssml),
        invalid_prompt=partial(_prompt, again, ssml) if again else None,
    )
    Gather(world, leg, plan).begin()


def _prompt(payload: str, ssml: bool) -> Sound:
    sound = speech(payload, ssml=ssml)
    sound.noun = None
    return sound


GATHER_USING_SPEAK = Command(
    action="gather_using_speak",
    shape=Shape(
        fields={**IDENTITY, **SPEECH, **DIGITS, **TRIES, "invalid_payload": Text(least=1, most=3000)},
        conditions=(basic_speaks_plain_english, DIGITS_ASCEND),
    ),
    effect=_gather,
)
