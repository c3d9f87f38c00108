"""The table of commands, by method and action."""

from __future__ import annotations

from simulator.actions.answer import ANSWER
from simulator.actions.bridge import BRIDGE
from simulator.actions.client_state_update import CLIENT_STATE_UPDATE
from simulator.actions.enqueue import ENQUEUE
from simulator.actions.fork_start import FORK_START
from simulator.actions.fork_stop import FORK_STOP
from simulator.actions.gather import GATHER
from simulator.actions.gather_stop import GATHER_STOP
from simulator.actions.gather_using_audio import GATHER_USING_AUDIO
from simulator.actions.gather_using_speak import GATHER_USING_SPEAK
from simulator.actions.hangup import HANGUP
from simulator.actions.leave_queue import LEAVE_QUEUE
from simulator.actions.playback_start import PLAYBACK_START
from simulator.actions.playback_stop import PLAYBACK_STOP
from simulator.actions.record_pause import RECORD_PAUSE
from simulator.actions.record_resume import RECORD_RESUME
from simulator.actions.record_start import RECORD_START
from simulator.actions.record_stop import RECORD_STOP
from simulator.actions.refer import REFER
from simulator.actions.reject import REJECT
from simulator.actions.send_dtmf import SEND_DTMF
from simulator.actions.speak import SPEAK
from simulator.actions.streaming_start import STREAMING_START
from simulator.actions.streaming_stop import STREAMING_STOP
from simulator.actions.suppression_start import SUPPRESSION_START
from simulator.actions.suppression_stop import SUPPRESSION_STOP
from simulator.actions.transcription_start import TRANSCRIPTION_START
from simulator.actions.transcription_stop import TRANSCRIPTION_STOP
from simulator.actions.transfer import TRANSFER
from simulator.command import Command

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
