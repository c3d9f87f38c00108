"""Every command by HTTP method and action."""

from __future__ import annotations

from simulator.commands.answer import ANSWER
from simulator.commands.base import Command
from simulator.commands.bridge import BRIDGE
from simulator.commands.client_state_update import CLIENT_STATE_UPDATE
from simulator.commands.fork import FORK_START, FORK_STOP
from simulator.commands.gather import GATHER, GATHER_STOP, GATHER_USING_AUDIO, GATHER_USING_SPEAK
from simulator.commands.hangup import HANGUP
from simulator.commands.noise_suppression import SUPPRESSION_START, SUPPRESSION_STOP
from simulator.commands.playback import PLAYBACK_START, PLAYBACK_STOP
from simulator.commands.queue import ENQUEUE, LEAVE_QUEUE
from simulator.commands.record import RECORD_PAUSE, RECORD_RESUME, RECORD_START, RECORD_STOP
from simulator.commands.refer import REFER
from simulator.commands.reject import REJECT
from simulator.commands.send_dtmf import SEND_DTMF
from simulator.commands.speak import SPEAK
from simulator.commands.streaming import STREAMING_START, STREAMING_STOP
from simulator.commands.transcription import TRANSCRIPTION_START, TRANSCRIPTION_STOP
from simulator.commands.transfer import TRANSFER

COMMANDS: dict[tuple[str, str], Command] = {
    (command.method, command.action): command
    for command in (
        ANSWER,
        BRIDGE,
        CLIENT_STATE_UPDATE,
        ENQUEUE,
        FORK_START,
        FORK_STOP,
        GATHER,
        GATHER_STOP,
        GATHER_USING_AUDIO,
        GATHER_USING_SPEAK,
        HANGUP,
        LEAVE_QUEUE,
        PLAYBACK_START,
        PLAYBACK_STOP,
        RECORD_PAUSE,
        RECORD_RESUME,
        RECORD_START,
        RECORD_STOP,
        REFER,
        REJECT,
        SEND_DTMF,
        SPEAK,
        STREAMING_START,
        STREAMING_STOP,
        SUPPRESSION_START,
        SUPPRESSION_STOP,
        TRANSCRIPTION_START,
        TRANSCRIPTION_STOP,
        TRANSFER,
    )
}
