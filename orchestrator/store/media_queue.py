"""Sounds on their way to an open stream: the API leaves them here, the receiver that holds the stream fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import redis

from orchestrator.store.keys import Keys
from orchestrator.store.round_trip import round_trip
from orchestrator.store.scripts import raise_errors

MOST_WAITING = 30
_OPEN_S = 10
_WAITING_S = 60


class Queued(Enum):
    """What became of a sound."""

    TAKEN = "taken"
    NO_STREAM = "no_stream"
    FULL = "full"


def announce_streams(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> None:
    """Say that these calls' streams are open; to be said again within ten seconds."""
    raise_errors(round_trip(client, [("SET", keys.stream(call_id), b"", "EX", _OPEN_S) for call_id in call_ids]))


def queue_sound(client: redis.Redis, keys: Keys, call_id: str, payload: str) -> Queued:
    """Leave a base64 sound for the call's stream; it is forgotten if nobody fetches it within a minute."""
    if not client.exists(keys.stream(call_id)):
        return Queued.NO_STREAM
    if client.llen(keys.sounds(call_id)) >= MOST_WAITING:
        return Queued.FULL
    raise_errors(
        round_trip(client, [("RPUSH", keys.sounds(call_id), payload), ("EXPIRE", keys.sounds(call_id), _WAITING_S)])
    )
    return Queued.TAKEN


def fetch_sounds(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> dict[str, str]:
    """Return the oldest sound of each of these calls that has one; it is gone from here."""
    answers = round_trip(client, [("LPOP", keys.sounds(call_id)) for call_id in call_ids])
    raise_errors(answers)
    found = zip(call_ids, answers, strict=True)
    return {call_id: answer.decode() for call_id, answer in found if isinstance(answer, bytes)}


def find_calls_of_legs(client: redis.Redis, keys: Keys, legs: Sequence[str]) -> dict[str, str]:
    """Return the call of each of these legs that is one of ours."""
    answers = client.mget([keys.leg(leg) for leg in legs]) if legs else []
    return {leg: answer.decode() for leg, answer in zip(legs, answers, strict=True) if isinstance(answer, bytes)}
