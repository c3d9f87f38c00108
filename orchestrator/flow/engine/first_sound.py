"""Notes when the person first hears something: the beginning of a sound, or the connection with somebody.

The earliest of these counts, whatever the order in which they are told. The carrier tells no beginning of a prompt that
`gather_using_speak` says, nor does our receiver of a sound in a stream: both begin as their command is accepted, which
our own clock tells, measured from the moment when the answer was noted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from orchestrator.flow.actions import Command
from orchestrator.flow.engine.transition import Transition
from orchestrator.model.own_streams import OWN_RECEIVER, STREAM_PLAY
from orchestrator.telnyx.event_types import EventType

_BEGINNINGS: Final = frozenset(
    {
        EventType.SPEAK_STARTED,
        EventType.PLAYBACK_STARTED,
        EventType.CALL_BRIDGED,
        EventType.CONVERSATION_CREATED,
        EventType.STREAMING_STARTED,
    }
)
_BEGIN_AS_ACCEPTED: Final = frozenset({"gather_using_speak", STREAM_PLAY})


def note_sound(transition: Transition) -> None:
    """Note a webhook of the call's own leg that tells the beginning of a sound, or the connection with somebody."""
    event = transition.event
    if event.type not in _BEGINNINGS or (event.type == EventType.STREAMING_STARTED and _only_listens(transition)):
        return
    _note(transition, event.occurred_at)


def note_accepted_sound(transition: Transition, action: str) -> None:
    """Note an accepted command whose sound begins without a webhook of its own."""
    call = transition.call
    if action in _BEGIN_AS_ACCEPTED and call.answered_at is not None and call.answer_noted_at is not None:
        _note(transition, call.answered_at + (transition.now - call.answer_noted_at))


def _note(transition: Transition, at: datetime) -> None:
    known = transition.call.heard_at
    transition.call.heard_at = at if known is None else min(known, at)


def _only_listens(transition: Transition) -> bool:
    """Whether the flow's streams lead to our receiver, which says nothing by itself."""
    if transition.flow is None:
        return False
    steps = (step.action for step in transition.flow.steps.values())
    bodies = [transition.flow.dial, *(step.body or step.plain for step in steps if isinstance(step, Command))]
    return any(str(body.get("stream_url", "")).startswith(OWN_RECEIVER) for body in bodies)
