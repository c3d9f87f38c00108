"""Gather using audio: a file is played, with its playback webhooks, and digits are collected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.call.gather import Gather, Plan
from simulator.call.playback import playback
from simulator.commands.asking import limits, seconds
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import AUDIO, DIGITS, DIGITS_ASCEND, IDENTITY, TRIES
from simulator.schema.addresses import Url
from simulator.schema.fields import Text
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _gather(world: World, leg: Leg, body: Body) -> None:
    again = {"audio_url": body.get("invalid_audio_url"), "media_name": body.get("invalid_media_name")}
    plan = Plan(
        **limits(body),
        first_digit_s=seconds(body, "timeout_millis", otherwise=60_000),
        tries=body.get("maximum_tries") or 3,
        prompt=partial(playback, body) if any(body.get(name) for name in AUDIO) else None,
        invalid_prompt=partial(playback, again) if any(again.values()) else None,
    )
    Gather(world, leg, plan).begin()


GATHER_USING_AUDIO = Command(
    action="gather_using_audio",
    shape=Shape(
        fields={
            **IDENTITY,
            **AUDIO,
            **DIGITS,
            **TRIES,
            "invalid_audio_url": Url(),
            "invalid_media_name": Text(least=1),
        },
        some_of=(("audio_url", "media_name"),),
        one_of=(("audio_url", "media_name"), ("invalid_audio_url", "invalid_media_name")),
        conditions=(DIGITS_ASCEND,),
    ),
    effect=_gather,
)
