"""The engine's decision on one event: the new state and its consequences, committed in one atomic step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.model.live_call import LiveCall


class SendCommand(BaseModel):
    """A command for the outbox; the command sender adds client_state and command_id.

    `visit` is that of the step that sends it, or `NO_VISIT` if leaving a step must not drop it. `optional` says that
    its failure changes nothing, as for a stop of what may have ended. `call_control_id` names another leg than the
    call's own, with the letter `role`; `target_role` is the letter of the second leg that the command adds.
    `unless_answered` says that it is not sent to a call that has been answered in the meantime.
    """

    model_config = ConfigDict(frozen=True)

    command_id: str
    action: str
    visit: int
    body: dict[str, Any] = {}
    user_state: str | None = None
    optional: bool = False
    call_control_id: str | None = None
    role: str = "A"
    target_role: str | None = None
    unless_answered: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The new state and its consequences.

    `drop` says which unsent commands leave the outbox before `commands` join it: those of steps that were left (their
    visit is below the new one), or all. `proven` are commands whose events came before their response: they leave it
    too, if they were sent. `timers` maps a timer's name to its due time; None clears it. `settle` asks for the record
    to be written (again). `unsendable` are the commands that were not sent because the carrier would refuse them: the
    action, and why, with the rendered values. They are shown in a dry run and never recorded.
    """

    call: LiveCall
    commands: tuple[SendCommand, ...] = ()
    drop: Literal["none", "step", "all"] = "none"
    proven: tuple[str, ...] = ()
    timers: dict[str, datetime | None] = field(default_factory=dict)
    settle: bool = False
    note: str | None = None
    unsendable: tuple[tuple[str, str], ...] = ()
