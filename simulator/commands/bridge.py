"""Bridge two calls, or a call and the first one in a queue."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.call.bridging import bridge_legs
from simulator.call.recording import start_recording
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY, RECORD_FROM_ANSWER
from simulator.schema.addresses import Uuid
from simulator.schema.conditions import conflict
from simulator.schema.errors import (
    CarrierError,
    Problem,
    bad_request,
    bridge_target_ended,
    bridge_target_unanswered,
    not_now,
    wrong_bridge_target,
)
from simulator.schema.fields import Choice, Flag, Text
from simulator.state.leg import Leg
from simulator.world import World

_OTHER_PARTY = ("call_control_id", "queue", "video_room_id")

_RINGTONES = (
    "at", "au", "be", "bg", "br", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hu", "il", "in",
    "it", "jp", "lt", "mx", "my", "nl", "no", "nz", "ph", "pl", "pt", "ru", "se", "sg", "th", "tw", "uk", "us-old",
    "us", "ve", "za",
)  # fmt: skip


def _bridge(world: World, leg: Leg, body: Body) -> None:
    other = _from_queue(world, leg, body) if body.get("queue") else _named(world, leg, body)
    leg.parks_after_unbridge = body.get("park_after_unbridge") == "self" or body.get("hold_after_unbridge") is True
    if body.get("record"):
        channels, audio_format = body.get("record_channels") or "dual", body.get("record_format") or "mp3"
        start_recording(
            world, leg, channels=channels, audio_format=audio_format, max_s=body.get("record_max_length") or 0
        )
    if other.is_answered:
        bridge_legs(world, leg, other)
    else:
        other.joins_on_answer = leg  # as soon as it is answered


def _named(world: World, leg: Leg, body: Body) -> Leg:
    if body.get("video_room_id"):
        raise bad_request("There is no such video room.", at="/video_room_id")
    other = world.legs.find(body["call_control_id"])
    if other is None:
        raise wrong_bridge_target()
    refusal = _refusal(leg, other, body)
    if refusal is not None:
        raise refusal
    return other


def _from_queue(world: World, leg: Leg, body: Body) -> Leg:
    """Return the first call of the queue; it leaves the queue even when it cannot be bridged."""
    queue = world.queues.find(body["queue"])
    place = next((place for place in queue.places if place.leg is not leg), None) if queue is not None else None
    if place is None:
        raise bad_request("Nobody waits in this queue.", at="/queue")
    refusal = _refusal(leg, place.leg, body)
    if refusal is not None:
        place.leave("bridging-in-process")
        raise refusal
    return place.leg


def _refusal(leg: Leg, other: Leg, body: Body) -> CarrierError | None:
    if other is leg:
        return bad_request("A call cannot be bridged with itself.", at="/call_control_id")
    if not other.is_live:
        return bridge_target_ended()
    if other.is_incoming and not other.is_answered:
        return bridge_target_unanswered()
    if leg.bridged_to is other:
        return not_now("The two calls are bridged already.")
    if body.get("prevent_double_bridge") is True and other.bridged_to is not None:
        return not_now("The other call is bridged already.")
    return None


def _context_needs_a_room(body: Body, at: str) -> Iterator[Problem]:
    if body.get("video_room_context") is not None and body.get("video_room_id") is None:
        yield conflict(f"{at}/video_room_context", "needs video_room_id")


BRIDGE = Command(
    action="bridge",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **RECORD_FROM_ANSWER,
            "call_control_id": Text(minimum=1),
            "hold_after_unbridge": Flag(),
            "mute_dtmf": Choice(("none", "both", "self", "opposite")),
            "park_after_unbridge": Choice(("self",)),
            "play_ringtone": Flag(),
            "prevent_double_bridge": Flag(),
            "queue": Text(minimum=1, maximum=255),
            "ringtone": Choice(_RINGTONES),
            "video_room_context": Text(),
            "video_room_id": Uuid(),
        },
        some_of=(_OTHER_PARTY,),
        one_of=(_OTHER_PARTY,),
        conditions=(_context_needs_a_room,),
    ),
    effect=_bridge,
)
