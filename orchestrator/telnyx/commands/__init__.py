"""The commands, one class each; by name in `COMMANDS`, with what stops and what ends them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.telnyx.commands.answering_machines import AmdConfig, AmdMode
from orchestrator.telnyx.commands.base import Command, Part, RepeatableCommand
from orchestrator.telnyx.commands.dial import Dial
from orchestrator.telnyx.commands.gather import Gather, GatherStop, GatherUsingAudio, GatherUsingSpeak
from orchestrator.telnyx.commands.hangup import Hangup
from orchestrator.telnyx.commands.new_leg import NewLeg, WebhookRetries
from orchestrator.telnyx.commands.playback import PlaybackStart, PlaybackStop
from orchestrator.telnyx.commands.record import RecordStart, RecordStop
from orchestrator.telnyx.commands.send_dtmf import SendDtmf
from orchestrator.telnyx.commands.speak import Speak
from orchestrator.telnyx.commands.transfer import Transfer

_ALL: Final[tuple[type[Command], ...]] = (
    Dial,
    Speak,
    PlaybackStart,
    PlaybackStop,
    Gather,
    GatherUsingSpeak,
    GatherUsingAudio,
    GatherStop,
    SendDtmf,
    RecordStart,
    RecordStop,
    Transfer,
    Hangup,
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
    "Command",
    "Dial",
    "Gather",
    "GatherStop",
    "GatherUsingAudio",
    "GatherUsingSpeak",
    "Hangup",
    "NewLeg",
    "Part",
    "PlaybackStart",
    "PlaybackStop",
    "RecordStart",
    "RecordStop",
    "RepeatableCommand",
    "SendDtmf",
    "Speak",
    "Transfer",
    "WebhookRetries",
]
