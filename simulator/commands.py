"""The table of commands, by method and action."""

from __future__ import annotations

from simulator.actions.gather import GATHER
from simulator.actions.gather_stop import GATHER_STOP
from simulator.actions.gather_using_audio import GATHER_USING_AUDIO
from simulator.actions.gather_using_speak import GATHER_USING_SPEAK
from simulator.actions.hangup import HANGUP
from simulator.actions.playback_start import PLAYBACK_START
from simulator.actions.playback_stop import PLAYBACK_STOP
from simulator.actions.record_start import RECORD_START
from simulator.actions.record_stop import RECORD_STOP
from simulator.actions.send_dtmf import SEND_DTMF
from simulator.actions.speak import SPEAK
from simulator.actions.transfer import TRANSFER
from simulator.command import Command

COMMANDS: dict[tuple[str, str], Command] = {
    (command.method, command.action): command
    for command in (
        GATHER,
        GATHER_STOP,
        GATHER_USING_AUDIO,
        GATHER_USING_SPEAK,
        HANGUP,
        PLAYBACK_START,
        PLAYBACK_STOP,
        RECORD_START,
        RECORD_STOP,
        SEND_DTMF,
        SPEAK,
        TRANSFER,
    )
}
