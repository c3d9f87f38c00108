"""Recordings of a leg: started, stopped, saved a second later; links to them live for ten minutes of real time."""

from __future__ import annotations

from functools import partial

from simulator.clock import iso
from simulator.ids import fresh_uuid
from simulator.state.leg import Leg
from simulator.state.recordings import LINK_LIFETIME_S, Recording, SavedRecording
from simulator.webhook_events import emit
from simulator.world import World

_SAVE_DELAY_S = 1.0
_TRANSCRIPTION_DELAY_S = 1.0
MAX_PER_LEG = 100


def start_recording(
    world: World,
    leg: Leg,
    *,
    channels: str,
    audio_format: str,
    max_s: float,
    known_id: str | None = None,
    transcribe: bool = False,
) -> Recording:
    """Start a recording; `max_s` 0 means no limit, `transcribe` requests a transcription once it is saved."""
    recording = Recording(
        id=known_id or fresh_uuid(),
        channels=channels,
        format=audio_format,
        started_at=world.clock.now(),
        transcribe=transcribe,
    )
    leg.recordings.append(recording)
    if len(leg.recordings) > MAX_PER_LEG:
        leg.recordings = [each for each in leg.recordings if each.ended_at is None]
    if max_s:
        leg.timers.set(f"recording {recording.id}", max_s, partial(stop_recording, world, leg, recording))
    return recording


def stop_recording(world: World, leg: Leg, recording: Recording) -> None:
    """Stop a recording; the webhook follows once it is saved."""
    if recording.ended_at is not None:
        return
    recording.ended_at = world.clock.now()
    world.time_scale.later(_SAVE_DELAY_S, partial(_save, world, leg, recording))


def _save(world: World, leg: Leg, recording: Recording) -> None:
    faults = world.faults.of(leg.far_end_number)
    if world.random.happens(faults.recording_error, "recording error", leg.key, recording.id):
        emit(world, leg, "call.recording.error", reason="Internal server error")
        return
    _emit_saved(world, leg, recording)
    if recording.transcribe:
        world.time_scale.later(_TRANSCRIPTION_DELAY_S, partial(_emit_transcription, world, leg, recording))


def _emit_transcription(world: World, leg: Leg, recording: Recording) -> None:
    emit(
        world,
        leg,
        "call.recording.transcription.saved",
        calling_party_type="pstn",
        recording_id=recording.id,
        recording_transcription_id=fresh_uuid(),
        status="completed",
        transcription_text=" ".join(leg.persona.lines),
    )


def _emit_saved(world: World, leg: Leg, recording: Recording) -> None:
    world.recordings.put(_saved_recording(leg, recording))
    started, ended = iso(recording.started_at), iso(recording.ended_at or recording.started_at)
    emit(
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
    """Return a new link to a recording, valid for ten minutes from now."""
    expires = int(world.clock.now() + LINK_LIFETIME_S)
    return f"{world.address}/recordings/{recording.id}.{recording.format}?expires={expires}"


def is_link_alive(world: World, expires: str) -> bool:
    """Return whether a link with this `expires` is still valid."""
    return expires.isascii() and expires.isdigit() and 0 <= int(expires) - world.clock.now() <= LINK_LIFETIME_S


def _saved_recording(leg: Leg, recording: Recording) -> SavedRecording:
    return SavedRecording(
        recording,
        leg.call_control_id,
        leg.call_leg_id,
        leg.call_session_id,
        leg.connection_id,
        leg.from_,
        leg.to,
    )
