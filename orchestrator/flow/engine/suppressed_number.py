"""Handles a number that is suppressed while its phone rings: the call is hung up unless somebody answers first."""

from __future__ import annotations

from typing import Final

from orchestrator.flow.engine.transition import FIRST_HANGUP, Transition
from orchestrator.flow.limits import MAX_HANGUPS, SUPPRESSED_AGAIN_S
from orchestrator.model.decision import SendCommand
from orchestrator.model.live_call import NO_VISIT, LiveCall

SUPPRESSED_TIMER: Final = "unwanted"


def on_number_suppressed(transition: Transition) -> None:
    """Handle the suppression of the call's number; a call that was answered goes on."""
    if not _rings(transition.call):
        transition.note("the number was suppressed; the call was answered or over, and goes its way")
        return
    transition.note("suppressed before anybody answered")
    transition.call.unwanted = True


def hang_up_suppressed(transition: Transition) -> None:
    """Hang up a ringing call whose number was suppressed, as soon as its leg is known."""
    before, call = transition.before, transition.call
    if call.unwanted and not (before.unwanted and before.call_control_id):
        _hang_up(transition)


def hang_up_suppressed_again(transition: Transition) -> None:
    """Hang up again after a hangup that had no effect; after three, the ring limit ends the call."""
    if transition.call.hangups < MAX_HANGUPS:
        _hang_up(transition)


def _hang_up(transition: Transition) -> None:
    call = transition.call
    if call.call_control_id is None or not _rings(call) or call.closing or not transition.can_command:
        return
    # Not through the flow: where the answer was faster, the flow begins as usual.
    command_id = transition.command_id(FIRST_HANGUP + call.hangups)
    transition.commands.append(
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
    transition.set_timer(SUPPRESSED_TIMER, SUPPRESSED_AGAIN_S)


def _rings(call: LiveCall) -> bool:
    return call.direction == "outgoing" and call.phase in ("dialing", "ringing")
