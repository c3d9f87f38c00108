"""A number that is suppressed while its phone rings: it is hung up, unless somebody answers first."""

from __future__ import annotations

from typing import Final

from orchestrator.flow.engine.transition import FIRST_HANGUP, Turn
from orchestrator.flow.limits import MAX_HANGUPS, UNWANTED_AGAIN_S
from orchestrator.model.decision import SendCommand
from orchestrator.model.live_call import NO_VISIT, LiveCall

UNWANTED_TIMER: Final = "unwanted"


def hear_suppressed(turn: Turn) -> None:
    """Take in that the number may no longer be dialed; a call that somebody answered goes on."""
    if not _rings(turn.call):
        turn.note("the number was suppressed; the call was answered or over, and goes its way")
        return
    turn.note("suppressed before anybody answered")
    turn.call.unwanted = True


def hang_up_unwanted(turn: Turn) -> None:
    """Hang up what rings and is not wanted, as soon as its leg is known."""
    before, call = turn.before, turn.call
    if call.unwanted and not (before.unwanted and before.call_control_id):
        _hang_up(turn)


def hang_up_unwanted_again(turn: Turn) -> None:
    """Ask once more after a hangup that had no effect; the ring limit ends what three could not."""
    if turn.call.hangups < MAX_HANGUPS:
        _hang_up(turn)


def _hang_up(turn: Turn) -> None:
    call = turn.call
    if call.call_control_id is None or not _rings(call) or call.closing or not turn.can_command:
        return
    # Beside the flow: it begins as ever where the answer was faster.
    command_id = turn.command_id(FIRST_HANGUP + call.hangups)
    turn.commands.append(
        SendCommand(
            command_id=command_id,
            action="hangup",
            visit=NO_VISIT,
            user_state=call.user_state,
            optional=True,
            unless_answered=True,
        )
    )
    call.hangups += 1
    turn.set_timer(UNWANTED_TIMER, UNWANTED_AGAIN_S)


def _rings(call: LiveCall) -> bool:
    return call.direction == "outgoing" and call.phase in ("dialing", "ringing")
