"""Recordings: made while a leg talks, saved a little later; a link to one is readable for ten real minutes."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from simulator.clock import iso
from simulator.ids import fresh_uuid
from simulator.state.leg import Leg
from simulator.webhook_events import tell

if TYPE_CHECKING:
    from simulator.world import World

LINK_S = 600.0
_STORING_S = 1.0
_WRITING_S = 1.0
MOST_A_LEG = 100
_MOST_KEPT = 100_000
_RATE = 8_000


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

    @property
    def seconds(self) -> float:
        """Return how long it is; pauses are not cut out."""
        return max(0.0, (self.ended_at or self.started_at) - self.started_at)


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
    world.shelf.put(Kept.of(leg, recording))
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
        recording_urls={recording.format: link_to(world, recording)},
        public_recording_urls={},
    )


def link_to(world: World, recording: Recording) -> str:
    """Return a link that lives for ten minutes from now on, whatever becomes of others."""
    return f"{world.address}/recordings/{recording.id}.{recording.format}?expires={int(world.clock.now() + LINK_S)}"


def is_link_alive(world: World, expires: str) -> bool:
    """Say whether a link made here can still be fetched."""
    return expires.isascii() and expires.isdigit() and 0 <= int(expires) - world.clock.now() <= LINK_S


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording that is stored, and the leg it was made of."""

    recording: Recording
    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    from_: str
    to: str

    @classmethod
    def of(cls, leg: Leg, recording: Recording) -> Kept:
        """Return it with what the carrier tells of its leg."""
        return cls(
            recording,
            leg.call_control_id,
            leg.call_leg_id,
            leg.call_session_id,
            leg.connection_id,
            leg.from_,
            leg.to,
        )


class Shelf:
    """The newest recordings, which the carrier keeps long after the links it told are over."""

    def __init__(self, *, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def put(self, kept: Kept) -> None:
        """Keep it, and drop the oldest where there are too many."""
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        self._kept[kept.recording.id] = kept

    def find(self, recording_id: str) -> Kept | None:
        """Return a recording; None when it is not here."""
        return self._kept.get(recording_id)

    def all(self) -> Iterable[Kept]:
        """Return every one, oldest first."""
        return self._kept.values()


def sound_file(form: str, seconds: float) -> bytes:
    """Return sound that players accept: a 440 Hz tone as WAV, silence as MP3, of whole frames."""
    return _tone(seconds) if form == "wav" else _silent_mp3(seconds)


def _tone(seconds: float) -> bytes:
    sound = (_one_second() * max(1, math.ceil(seconds)))[: max(1, round(_RATE * seconds))]
    sound += b"\x80" * (len(sound) % 2)
    form = struct.pack("<8sIHHIIHH", b"WAVEfmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    return struct.pack("<4sI", b"RIFF", 36 + len(sound)) + form + struct.pack("<4sI", b"data", len(sound)) + sound


@cache
def _one_second() -> bytes:
    return bytes(128 + round(60 * math.sin(2 * math.pi * 440 * n / _RATE)) for n in range(_RATE))


def _silent_mp3(seconds: float) -> bytes:
    frame = bytes.fromhex("fff318c4") + bytes(32)  # MPEG-2 layer III, 8 kbit/s, 16 kHz, mono: 36 bytes, 36 ms
    return frame * max(1, math.ceil(seconds / 0.036))
