"""Collect digits: without a prompt, after a spoken prompt, or after a file."""

from __future__ import annotations

from functools import partial
from typing import Any

from simulator.call.gather import RunningGather
from simulator.call.playback import playback, speech
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import (
    AUDIO,
    DIGITS,
    DIGITS_ASCEND,
    IDENTITY,
    SPEECH,
    TRIES,
    basic_service_limits,
)
from simulator.ids import fresh_uuid
from simulator.schema.addresses import Url
from simulator.schema.fields import Text, Whole
from simulator.state.leg import Leg
from simulator.state.leg_activities import GatherPlan, Sound
from simulator.world import World


def _shared_plan_fields(body: Body) -> dict[str, Any]:
    """Return the fields of a plan that all gathers share; milliseconds become seconds."""
    terminating = body.get("terminating_digit")
    return {
        "gather_id": body.get("gather_id") or fresh_uuid(),
        "min_digits": body.get("minimum_digits") or 1,
        "max_digits": body.get("maximum_digits") or 128,
        "valid_digits": body.get("valid_digits") or "0123456789#*",
        "terminating_digit": "#" if terminating is None else terminating,
        "inter_digit_s": _seconds(body, "inter_digit_timeout_millis", default=5_000),
    }


def _seconds(body: Body, name: str, *, default: int) -> float:
    """Return a field of milliseconds in seconds, or the default (milliseconds) when it is missing."""
    return float(body.get(name) or default) / 1000


def _gather(world: World, leg: Leg, body: Body) -> None:
    plan = GatherPlan(
        **_shared_plan_fields(body),
        first_digit_s=_seconds(body, "initial_timeout_millis", default=5_000),
        timeout_s=_seconds(body, "timeout_millis", default=60_000),
    )
    RunningGather(world, leg, plan).begin()


GATHER = Command(
    action="gather",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **DIGITS,
            "gather_id": Text(minimum=1, maximum=40),
            "initial_timeout_millis": Whole(minimum=1, maximum=120_000, code="90056"),
        },
        conditions=(DIGITS_ASCEND,),
    ),
    effect=_gather,
)


def _gather_using_speak(world: World, leg: Leg, body: Body) -> None:
    ssml, again = body.get("payload_type") == "ssml", body.get("invalid_payload")
    plan = GatherPlan(
        **_shared_plan_fields(body),
        first_digit_s=_seconds(body, "timeout_millis", default=60_000),
        tries=body.get("maximum_tries") or 3,
        prompt=partial(_prompt, body["payload"], ssml),
        invalid_prompt=partial(_prompt, again, ssml) if again else None,
    )
    RunningGather(world, leg, plan).begin()


def _prompt(payload: str, ssml: bool) -> Sound:
    sound = speech(payload, ssml=ssml)
    sound.noun = None
    return sound


GATHER_USING_SPEAK = Command(
    action="gather_using_speak",
    schema=BodySchema(
        fields={**IDENTITY, **SPEECH, **DIGITS, **TRIES, "invalid_payload": Text(minimum=1, maximum=3000)},
        conditions=(basic_service_limits, DIGITS_ASCEND),
    ),
    effect=_gather_using_speak,
)


def _gather_using_audio(world: World, leg: Leg, body: Body) -> None:
    again = {"audio_url": body.get("invalid_audio_url"), "media_name": body.get("invalid_media_name")}
    plan = GatherPlan(
        **_shared_plan_fields(body),
        first_digit_s=_seconds(body, "timeout_millis", default=60_000),
        tries=body.get("maximum_tries") or 3,
        prompt=partial(playback, body) if any(body.get(name) for name in AUDIO) else None,
        invalid_prompt=partial(playback, again) if any(again.values()) else None,
    )
    RunningGather(world, leg, plan).begin()


GATHER_USING_AUDIO = Command(
    action="gather_using_audio",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **AUDIO,
            **DIGITS,
            **TRIES,
            "invalid_audio_url": Url(),
            "invalid_media_name": Text(minimum=1),
        },
        some_of=(("audio_url", "media_name"),),
        one_of=(("audio_url", "media_name"), ("invalid_audio_url", "invalid_media_name")),
        conditions=(DIGITS_ASCEND,),
    ),
    effect=_gather_using_audio,
)


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if leg.gather is not None:
        leg.gather.close("cancelled")


GATHER_STOP = Command(action="gather_stop", schema=BodySchema(fields=IDENTITY), effect=_stop)
