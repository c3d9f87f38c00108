"""The commands, one class each; `COMMANDS` by name, `STOPS` their stop commands, `ENDING` their final webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.telnyx.commands.answer import Answer, Reject
from orchestrator.telnyx.commands.answering_machines import AmdConfig, AmdMode
from orchestrator.telnyx.commands.base import Command, Part, RepeatableCommand
from orchestrator.telnyx.commands.bridge import Bridge
from orchestrator.telnyx.commands.client_state_update import ClientStateUpdate
from orchestrator.telnyx.commands.dial import Dial
from orchestrator.telnyx.commands.fork import ForkStart, ForkStop
from orchestrator.telnyx.commands.gather import Gather, GatherStop, GatherUsingAudio, GatherUsingSpeak
from orchestrator.telnyx.commands.hangup import Hangup
from orchestrator.telnyx.commands.noise_suppression import SuppressionStart, SuppressionStop
from orchestrator.telnyx.commands.playback import PlaybackStart, PlaybackStop
from orchestrator.telnyx.commands.queue import Enqueue, LeaveQueue
from orchestrator.telnyx.commands.record import RecordPause, RecordResume, RecordStart, RecordStop
from orchestrator.telnyx.commands.refer import Refer
from orchestrator.telnyx.commands.send_dtmf import SendDtmf
from orchestrator.telnyx.commands.shared_fields import NewLeg, WebhookRetries
from orchestrator.telnyx.commands.speak import Speak
from orchestrator.telnyx.commands.streaming import StreamingStart, StreamingStop
from orchestrator.telnyx.commands.transcription import TranscriptionStart, TranscriptionStop
from orchestrator.telnyx.commands.transfer import Transfer

_ALL: Final[tuple[type[Command], ...]] = (
    Dial,
    Answer,
    Reject,
    Hangup,
    Speak,
    PlaybackStart,
    PlaybackStop,
    Gather,
    GatherUsingSpeak,
    GatherUsingAudio,
    GatherStop,
    SendDtmf,
    Transfer,
    Bridge,
    Refer,
    Enqueue,
    LeaveQueue,
    RecordStart,
    RecordPause,
    RecordResume,
    RecordStop,
    TranscriptionStart,
    TranscriptionStop,
    StreamingStart,
    StreamingStop,
    ForkStart,
    ForkStop,
    SuppressionStart,
    SuppressionStop,
    ClientStateUpdate,
)

COMMANDS: Final[Mapping[str, type[Command]]] = MappingProxyType({command.action: command for command in _ALL})
STOPS: Final[Mapping[str, str]] = MappingProxyType({c.action: c.stopped_by for c in _ALL if c.stopped_by})
ENDING: Final[Mapping[str, str]] = MappingProxyType({c.action: c.ended_by for c in _ALL if c.ended_by})

__all__ = [
    "COMMANDS",
    "ENDING",
    "STOPS",
    "AmdConfig",
    "AmdMode",
    "Answer",
    "Bridge",
    "ClientStateUpdate",
    "Command",
    "Dial",
    "Enqueue",
    "ForkStart",
    "ForkStop",
    "Gather",
    "GatherStop",
    "GatherUsingAudio",
    "GatherUsingSpeak",
    "Hangup",
    "LeaveQueue",
    "NewLeg",
    "Part",
    "PlaybackStart",
    "PlaybackStop",
    "RecordPause",
    "RecordResume",
    "RecordStart",
    "RecordStop",
    "Refer",
    "Reject",
    "RepeatableCommand",
    "SendDtmf",
    "Speak",
    "StreamingStart",
    "StreamingStop",
    "SuppressionStart",
    "SuppressionStop",
    "TranscriptionStart",
    "TranscriptionStop",
    "Transfer",
    "WebhookRetries",
]
