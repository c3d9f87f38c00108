"""Start, pause, resume and stop recordings of a leg."""

from __future__ import annotations

from simulator.call.recording import MAX_PER_LEG, start_recording, stop_recording
from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.addresses import Uuid
from simulator.schema.conditions import ascending
from simulator.schema.errors import bad_request, not_now, recording_while_transcribing
from simulator.schema.fields import Choice, Flag, Text, Whole
from simulator.schema.languages import RECORDINGS
from simulator.state.leg import Leg
from simulator.state.recordings import Recording
from simulator.world import World

_SCHEMA = BodySchema(fields={**IDENTITY, "recording_id": Uuid()})


def _running(leg: Leg, body: Body) -> list[Recording]:
    """Return the named recording, or all; raises CarrierError when it is not running, or none is."""
    wanted = body.get("recording_id")
    chosen = [r for r in leg.recordings if r.ended_at is None and wanted in (None, r.id)]
    if wanted and not chosen:
        raise bad_request("The recording_id is none that runs on this call.", at="/recording_id")
    if not chosen:
        raise not_now("The call is not being recorded.")
    return chosen


# A missing minimum counts as 1, so it never exceeds the maximum.
_SPEAKERS_ASCEND = ascending("transcription_min_speaker_count", "transcription_max_speaker_count", defaults=(1, 6))


def _start(world: World, leg: Leg, body: Body) -> None:
    if sum(recording.ended_at is None for recording in leg.recordings) >= MAX_PER_LEG:
        raise not_now("Too many recordings run on this call.")
    if body.get("timeout_secs") and leg.transcription is not None:
        raise recording_while_transcribing()
    start_recording(
        world,
        leg,
        channels=body["channels"],
        audio_format=body["format"],
        max_s=body.get("max_length") or 0,
        transcribe=body.get("transcription") is True,
    )


RECORD_START = Command(
    action="record_start",
    needs=Needs.AUDIO,
    schema=BodySchema(
        fields={
            **IDENTITY,
            "channels": Choice(("single", "dual"), required=True),
            "format": Choice(("wav", "mp3"), required=True),
            "custom_file_name": Text(minimum=1, maximum=40),
            "max_length": Whole(minimum=0, maximum=14_400),
            "play_beep": Flag(),
            "recording_track": Choice(("both", "inbound", "outbound")),
            "timeout_secs": Whole(minimum=0, code="90049"),
            "transcription": Flag(),
            "transcription_engine": Choice(("A", "B", "deepgram/nova-3")),
            "transcription_language": Choice(RECORDINGS),
            "transcription_max_speaker_count": Whole(minimum=1),
            "transcription_min_speaker_count": Whole(minimum=1),
            "transcription_profanity_filter": Flag(),
            "transcription_speaker_diarization": Flag(),
            "trim": Choice(("trim-silence",)),
        },
        conditions=(_SPEAKERS_ASCEND,),
    ),
    effect=_start,
)


def _pause(_world: World, leg: Leg, body: Body) -> None:
    for recording in _running(leg, body):
        recording.is_paused = True


RECORD_PAUSE = Command(action="record_pause", schema=_SCHEMA, effect=_pause)


def _resume(_world: World, leg: Leg, body: Body) -> None:
    for recording in _running(leg, body):
        recording.is_paused = False


RECORD_RESUME = Command(action="record_resume", schema=_SCHEMA, effect=_resume)


def _stop(world: World, leg: Leg, body: Body) -> None:
    wanted = body.get("recording_id")
    chosen = [recording for recording in leg.recordings if wanted in (None, recording.id)]
    if wanted and not chosen:
        raise bad_request("The recording_id is none of this call.", at="/recording_id")
    for recording in chosen:
        stop_recording(world, leg, recording)


RECORD_STOP = Command(
    action="record_stop",
    schema=_SCHEMA,
    effect=_stop,
)
