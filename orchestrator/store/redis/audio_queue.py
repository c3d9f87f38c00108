"""Sounds on their way to an open stream: calls leave them here, the receiver that holds the stream fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import orjson
import redis

from orchestrator.model.event import Event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script

MOST_WAITING = 30
_OPEN_S = 10
_WAITING_S = 60
_KNOWN_S = 120  # twice as long as a sender may try again


class Queued(Enum):
    """What became of a sound."""

    TAKEN = "taken"
    NO_STREAM = "no_stream"
    FULL = "full"


class Sound(NamedTuple):
    """A base64 sound; if it has an id, the end of its playback is reported."""

    payload: str
    id: str = ""


def announce_streams(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> None:
    """Say that these calls' streams are open; to be said again within ten seconds."""
    raise_errors(round_trip(client, [("SET", keys.stream(call_id), b"", "EX", _OPEN_S) for call_id in call_ids]))


def queue_sound(client: redis.Redis, keys: Keys, call_id: str, payload: str, *, sound_id: str = "") -> Queued:
    """Leave a base64 sound for the call's stream; it is forgotten if nobody fetches it within a minute.

    The same `sound_id` again leaves no second one.
    """
    sound = orjson.dumps({"payload": payload, "id": sound_id})
    names = [keys.stream(call_id), keys.sounds(call_id), keys.sound(sound_id)]
    args: list[Arg] = [sound, MOST_WAITING, _WAITING_S, _KNOWN_S if sound_id else 0]
    return Queued(run_script(client, ScriptCall("queue_sound", names, args)).decode())


def clear_sounds(client: redis.Redis, keys: Keys, call_id: str) -> None:
    """Take back what waits for the call's stream, and have what is being played cut off."""
    wishes = ("DEL", keys.sounds(call_id)), ("SET", keys.silence(call_id), b"", "EX", _OPEN_S)
    raise_errors(round_trip(client, wishes))


def fetch_sounds(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> dict[str, Sound]:
    """Return the oldest sound of each of these calls that has one; it is gone from here."""
    answers = round_trip(client, [("LPOP", keys.sounds(call_id)) for call_id in call_ids])
    raise_errors(answers)
    found = zip(call_ids, answers, strict=True)
    return {call_id: Sound(**orjson.loads(answer)) for call_id, answer in found if isinstance(answer, bytes)}


def fetch_silences(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> list[str]:
    """Return those of these calls on which nothing more is to be played; each is named once."""
    answers = client.mget([keys.silence(call_id) for call_id in call_ids]) if call_ids else []
    wished = [call_id for call_id, answer in zip(call_ids, answers, strict=True) if answer is not None]
    if wished:
        client.delete(*[keys.silence(call_id) for call_id in wished])
    return wished


def add_played_events(client: redis.Redis, keys: Keys, events: Sequence[Event]) -> None:
    """Report to calls that their sounds were played."""
    raise_errors(round_trip(client, [("XADD", keys.events, "*", "own", event.model_dump_json()) for event in events]))


def find_calls_of_legs(client: redis.Redis, keys: Keys, legs: Sequence[str]) -> dict[str, str]:
    """Return the call of each of these legs that belongs to a call here."""
    answers = client.mget([keys.leg(leg) for leg in legs]) if legs else []
    return {leg: answer.decode() for leg, answer in zip(legs, answers, strict=True) if isinstance(answer, bytes)}
