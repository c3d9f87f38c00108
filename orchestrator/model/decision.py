"""What is to be done after one event: the pure engine's whole answer, committed in one atomic step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.model.live_call import LiveCall


class SendCommand(BaseModel):
    """A command for the outbox; client_state and command_id are put in by the performer.

    `visit` is the step's that sends it, or `NO_VISIT` where leaving a step must not drop it. `optional` says that its
    failure drops nothing (stopping what may be over already). `call_control_id` names another leg than the call's own,
    whose letter is `role`; `target_role` is the letter of a leg that the command will create or bring.
    `unless_answered` says that it is not sent to a call that was answered in the meantime.
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


class Decision(BaseModel):
    """The new state and its consequences.

    `drop` says which unsent commands leave the outbox before `commands` join it: those of steps that were left (their
    visit is below the new one), or all. `proven` are commands whose work was heard of before their answer: they leave
    it too, where they were sent.
    `timers` maps a timer's name to its due time; None clears it. `settle` asks for the record to be written (again).
    `unsendable` are the commands that were not sent because the carrier would refuse them: the action, and why with
    the values as they were filled in, which is for a rehearsal's eyes and nobody's record.
    """

    model_config = ConfigDict(frozen=True)

    call: LiveCall
    commands: tuple[SendCommand, ...] = ()
    drop: Literal["none", "step", "all"] = "none"
    proven: tuple[str, ...] = ()
    timers: dict[str, datetime | None] = {}
    settle: bool = False
    note: str | None = None
    unsendable: tuple[tuple[str, str], ...] = ()
