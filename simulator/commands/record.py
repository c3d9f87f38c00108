"""Start a recording of the leg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.call.recording import MOST_A_LEG, start_recording
from simulator.commands.base import Body, Command, Needs, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.conditions import ascending
from simulator.schema.errors import not_now, recording_while_transcribing
from simulator.schema.fields import Choice, Flag, Text, Whole
from simulator.schema.languages import RECORDINGS
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World

# A least number that is left out is never above the most.
_SPEAKERS_ASCEND = ascending("transcription_min_speaker_count", "transcription_max_speaker_count", unset=(1, 6))


def _record(world: World, leg: Leg, body: Body) -> None:
    if sum(recording.ended_at is None for recording in leg.recordings) >= MOST_A_LEG:
        raise not_now("Too many recordings run on this call.")
    if body.get("timeout_secs") and leg.transcription is not None:
        raise recording_while_transcribing()
    start_recording(
        world,
        leg,
        channels=body["channels"],
        form=body["format"],
        most_s=body.get("max_length") or 0,
        transcribe=body.get("transcription") is True,
    )


RECORD_START = Command(
    action="record_start",
    needs=Needs.AUDIO,
    shape=Shape(
        fields={
            **IDENTITY,
            "channels": Choice(("single", "dual"), required=True),
            "format": Choice(("wav", "mp3"), required=True),
            "custom_file_name": Text(least=1, most=40),
            "max_length": Whole(least=0, most=14_400),
            "play_beep": Flag(),
            "recording_track": Choice(("both", "inbound", "outbound")),
            "timeout_secs": Whole(least=0, code="90049"),
            "transcription": Flag(),
            "transcription_engine": Choice(("A", "B", "deepgram/nova-3")),
            "transcription_language": Choice(RECORDINGS),
            "transcription_max_speaker_count": Whole(least=1),
            "transcription_min_speaker_count": Whole(least=1),
            "transcription_profanity_filter": Flag(),
            "transcription_speaker_diarization": Flag(),
            "trim": Choice(("trim-silence",)),
        },
        conditions=(_SPEAKERS_ASCEND,),
    ),
    effect=_record,
)
