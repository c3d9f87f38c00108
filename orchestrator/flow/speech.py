"""The voice in which the engine says its own sentences: the one in which the flow speaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orchestrator.flow.actions import Command, Value
from orchestrator.flow.definition import Step
from orchestrator.flow.limits import STALL_S

_SPEAKING: Final = frozenset({"speak", "gather_using_speak"})
_OF_A_VOICE: Final = frozenset({"voice", "language", "service_level", "voice_settings"})


def speech_of(steps: Iterable[Step], payload: Value) -> Command | None:
    """Return the command that speaks a payload as the first of the steps that speaks; None where none does."""
    for step in steps:
        if isinstance(step.action, Command) and step.action.action in _SPEAKING:
            return _spoken_as(step.action, payload)
    return None


def _spoken_as(command: Command, payload: Value) -> Command:
    known = command.plain if command.body is None else command.body
    return Command(
        action="speak",
        body=None,
        plain={name: value for name, value in known.items() if name in _OF_A_VOICE},
        fields=(*((name, value) for name, value in command.fields if name in _OF_A_VOICE), ("payload", payload)),
        textual=command.textual | {"payload"},
        stall_s=STALL_S,
    )
