"""Start and stop a playback: a file is played after what is queued, or over it."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.call.playback import playback, times
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import AUDIO, IDENTITY, LEGS, LOOP, STOP
from simulator.schema.conditions import conflict
from simulator.schema.errors import Problem, bad_request, not_now
from simulator.schema.fields import Base64, Choice, Flag
from simulator.state.leg import Leg
from simulator.world import World

_SOURCES = ("audio_url", "media_name", "playback_content")


def _play(_world: World, leg: Leg, body: Body) -> None:
    overlay = body.get("overlay") is True
    if overlay and not leg.player.is_playing:
        raise bad_request("An overlay needs a playback that already runs.", at="/overlay")
    if leg.player.is_full:
        raise not_now("Too much waits to be played on this call.")
    if body.get("stop"):
        leg.player.stop(body["stop"])
    sound = playback(body, times=times(body.get("loop")), overlay=overlay)
    if overlay:
        leg.player.overlay(sound)
    else:
        leg.player.queue(sound)


def _overlay_is_for_self(body: Body, at: str) -> Iterator[Problem]:
    if body.get("overlay") is True and body.get("target_legs") not in {None, "self"}:
        yield conflict(f"{at}/target_legs", "must be self with an overlay")


PLAYBACK_START = Command(
    action="playback_start",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **AUDIO,
            **LOOP,
            **STOP,
            **LEGS,
            "audio_type": Choice(("mp3", "wav")),
            "cache_audio": Flag(),
            "overlay": Flag(),
            "playback_content": Base64(),
        },
        some_of=(_SOURCES,),
        one_of=(_SOURCES,),
        conditions=(_overlay_is_for_self,),
    ),
    effect=_play,
)


def _stop(_world: World, leg: Leg, body: Body) -> None:
    if body.get("overlay") is True:
        leg.player.stop_overlays()
    else:
        leg.player.stop(body.get("stop") or "all")


PLAYBACK_STOP = Command(
    action="playback_stop",
    schema=BodySchema(fields={**IDENTITY, **STOP, "overlay": Flag()}),
    effect=_stop,
)
