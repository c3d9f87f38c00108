"""Fields of the conference a dialed leg joins."""

from __future__ import annotations

from simulator.schema.addresses import Url, Uuid
from simulator.schema.fields import Choice, Flag, Items, Record, Text

CONFERENCE = Record(
    {
        "beep_enabled": Choice(("always", "never", "on_enter", "on_exit")),
        "conference_name": Text(),
        "early_media": Flag(),
        "end_conference_on_exit": Flag(),
        "hold": Flag(),
        "hold_audio_url": Url(),
        "hold_media_name": Text(),
        "id": Uuid(),
        "mute": Flag(),
        "soft_end_conference_on_exit": Flag(),
        "start_conference_on_create": Flag(),
        "start_conference_on_enter": Flag(),
        "supervisor_role": Choice(("barge", "monitor", "none", "whisper")),
        "whisper_call_control_ids": Items(Text()),
    }
)
