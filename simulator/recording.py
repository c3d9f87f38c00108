"""Recordings: made while a leg talks, saved a little later, readable for ten real minutes."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from simulator.clock import iso
from simulator.events import tell
from simulator.ids import fresh_uuid
from simulator.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World

LINK_S = 600.0
_STORING_S = 1.0
_WRITING_S = 1.0
MOST_A_LEG = 100
_MOST_KEPT = 100_000


@dataclass(slots=True, kw_only=True)
class Recording:
    """One recording of one leg."""

    id: str
    channels: str
    format: str
    started_at: float
    ended_at: float | None = None
    is_paused: bool = False
    transcribe: bool = False


def start_recording(
    world: World,
    leg: Leg,
    *,
    channels: str,
    form: str,
    most_s: float,
    known_id: str | None = None,
    transcribe: bool = False,
) -> Recording:
    """Begin to record; `most_s` 0 means no limit, and `transcribe` asks for a text of it afterwards."""
    recording = Recording(
        id=known_id or fresh_uuid(),
        channels=channels,
        format=form,
        started_at=world.clock.now(),
        transcribe=transcribe,
    )
    leg.recordings.append(recording)
    if len(leg.recordings) > MOST_A_LEG:
        leg.recordings = [kept for kept in leg.recordings if kept.ended_at is None]
    if most_s:
        leg.timers.set(f"recording {recording.id}", most_s, partial(stop_recording, world, leg, recording))
    return recording


def stop_recording(world: World, leg: Leg, recording: Recording) -> None:
    """End it; the webhook follows once it is stored."""
    if recording.ended_at is not None:
        return
    recording.ended_at = world.clock.now()
    world.tempo.later(_STORING_S, partial(_stored, world, leg, recording))


def _stored(world: World, leg: Leg, recording: Recording) -> None:
    faults = world.faults.of(leg.party)
    if world.dice.hits(faults.recording_error, "recording error", leg.key, recording.id):
        tell(world, leg, "call.recording.error", reason="Internal server error")
        return
    _saved(world, leg, recording)
    if recording.transcribe:
        world.tempo.later(_WRITING_S, partial(_written, world, leg, recording))


def _written(world: World, leg: Leg, recording: Recording) -> None:
    tell(
        world,
        leg,
        "call.recording.transcription.saved",
        calling_party_type="pstn",
        recording_id=recording.id,
        recording_transcription_id=fresh_uuid(),
        status="completed",
        transcription_text=" ".join(leg.persona.lines),
    )


def _saved(world: World, leg: Leg, recording: Recording) -> None:
    expires_at = world.shelf.put(recording, now=world.clock.now())
    url = f"{world.address}/recordings/{recording.id}.{recording.format}?expires={int(expires_at)}"
    started, ended = iso(recording.started_at), iso(recording.ended_at or recording.started_at)
    tell(
        world,
        leg,
        "call.recording.saved",
        channels=recording.channels,
        format=recording.format,
        recording_id=recording.id,
        recording_started_at=started,
        recording_ended_at=ended,
        start_time=started,
        end_time=ended,
        recording_urls={recording.format: url},
        public_recording_urls={},
    )


class Shelf:
    """The recordings that can be fetched."""

    def __init__(self, *, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._expiries: OrderedDict[str, float] = OrderedDict()

    def put(self, recording: Recording, *, now: float) -> float:
        """Make it readable and return until when, in Unix seconds."""
        while self._expiries and next(iter(self._expiries.values())) < now - LINK_S:
            self._expiries.popitem(last=False)
        while len(self._expiries) >= self._most:
            self._expiries.popitem(last=False)
        self._expiries[recording.id] = now + LINK_S
        return now + LINK_S

    def expires_at(self, recording_id: str) -> float | None:
        """Return until when it can be read; None when it is not here."""
        return self._expiries.get(recording_id)


@cache
def sound_file(form: str) -> bytes:
    """Return a quarter of a second that players accept: a 440 Hz tone as WAV, silence as MP3."""
    return _tone() if form == "wav" else _silent_mp3()


def _tone() -> bytes:
    samples = b"".join(struct.pack("<h", round(8_000 * math.sin(2 * math.pi * 440 * n / 8_000))) for n in range(2_000))
    head = struct.pack(
        "<4sI8sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVEfmt ",
        16,
        1,
        1,
        8_000,
        16_000,
        2,
        16,
        b"data",
        len(samples),
    )
    return head + samples


def _silent_mp3() -> bytes:
    frame = bytes.fromhex("fffb90c4") + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame
    return frame * 10
