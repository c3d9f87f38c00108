"""One turn of the engine: the call as it changes, and what is to be done when the turn is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.definition import Flow, Step
from orchestrator.flow.engine.command_problems import reasons
from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.ids import stable_uuid
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.event import Event
from orchestrator.model.live_call import NO_VISIT, CallDraft, LiveCall, Outstanding

# What of a command's place in its visit makes its id: the step's own, the one that stops it, our hangups, and what is
# heard during the step with what stops that.
OWN, STOP, FIRST_HANGUP, DURING, DURING_STOP = 0, 1, 2, 20, 21

_RECORDED = (
    "outcome", "answers", "suppressions", "recordings", "cost", "answered_at", "ended_at",
    "amd_result", "hangup_cause", "hangup_source", "sip_hangup_cause", "telnyx_error", "error", "call_control_id",
)  # fmt: skip


class Turn:
    """Collects one decision; the only mutable thing of the engine, and gone when it is done."""

    def __init__(self, flow: Flow | None, call: LiveCall, *, event: Event, now: datetime) -> None:
        self.flow = flow
        self.before = call
        self.call = CallDraft.of(call)
        self.event = event
        self.now = now
        self.commands: list[SendCommand] = []
        self.proven: list[str] = []
        self.timers: dict[str, datetime | None] = {}
        self.drops_step = False
        self.drops_all = False
        self.settles = False
        self.notes: list[str] = []
        self.unsendable: list[tuple[str, str]] = []

    @property
    def can_command(self) -> bool:
        """Whether the line still takes commands."""
        return self.call.phase != "ended" and self.call.gone_at is None

    @property
    def has_flow(self) -> bool:
        """Whether events may still move the call through its flow."""
        call = self.call
        return not (self.flow is None or call.adopted or call.closing or call.finished or call.paused)

    @property
    def step(self) -> Step | None:
        """The step the call stands at."""
        if self.flow is None or self.call.step is None:
            return None
        return self.flow.steps.get(self.call.step)

    def note(self, text: str) -> None:
        """Say in the timeline what happened beside the flow."""
        self.notes.append(text)

    def cannot_send(self, action: str, err: TemplateFailure | ValidationError) -> str:
        """Say in the timeline that a command could not be filled in, without the values; return why."""
        why = reasons(err)
        self.note(f"{action} could not be filled in: {why}")
        self.unsendable.append((action, reasons(err, with_values=True)))
        return why

    def scope(self, event: Mapping[str, Any] | None = None) -> Scope:
        """Return what templates and expressions see."""
        return {
            "contact": self.call.contact,
            "answers": self.call.answers,
            "event": event or {},
            "open": self._is_open,
            **self._spoken(),
        }

    def set_timer(self, name: str, after_s: float) -> None:
        """Let a timer fall due; by our own clock, because the carrier's may be off."""
        self.timers[name] = self.now + timedelta(seconds=after_s)

    def clear_timer(self, name: str) -> None:
        """Let a timer not fall due."""
        self.timers[name] = None

    def command_id(self, index: int) -> str:
        """Return the id of a command of this visit; the same state gives the same id."""
        return stable_uuid(self.call.call_id, self.call.visit, index)

    def send(self, action: str, body: Mapping[str, Any], *, index: int, user_state: str | None = None) -> None:
        """Send a command of the current visit and expect its ending; what is heard during a step may fail."""
        command = SendCommand(
            command_id=self.command_id(index),
            action=action,
            visit=self.call.visit if index in {OWN, DURING} else NO_VISIT,
            body=dict(body),
            user_state=user_state,
            optional=index == DURING,
        )
        self.put_out(command, visit=self.call.visit)

    def put_out(self, command: SendCommand, *, visit: int) -> None:
        """Send a command to this leg and expect its ending, on account of a visit.

        A state of the user's own stays on the leg until another is said, as it would at the carrier.
        """
        if command.user_state is not None:
            self.call.user_state = command.user_state
        role = self._new_role() if _brings_a_leg(command) else None
        if role is not None and not (command.action == "transfer" and visit == NO_VISIT):
            self.call.newest_target = role
        if role is not None or command.user_state != self.call.user_state:
            command = command.model_copy(update={"user_state": self.call.user_state, "target_role": role})
        self.commands.append(command)
        mine = Outstanding(
            command_id=command.command_id, action=command.action, visit=visit, role=role, since=self.event.occurred_at
        )
        self.call.outstanding = (*self.call.outstanding, mine)

    def send_aside(self, action: str, *, command_id: str) -> None:
        """Send a command that nothing waits for and whose failure changes nothing."""
        state = self.call.user_state
        self.commands.append(
            SendCommand(command_id=command_id, action=action, visit=NO_VISIT, optional=True, user_state=state)
        )

    def hang_up_other(self, call_control_id: str, *, command_id: str, role: str = "A") -> None:
        """Hang up another leg than the call's own; whether it works changes nothing."""
        self.commands.append(
            SendCommand(
                command_id=command_id,
                action="hangup",
                visit=NO_VISIT,
                optional=True,
                call_control_id=call_control_id,
                role=role,
            )
        )

    def decision(self) -> Decision:
        """Return the whole answer."""
        if self.drops_all:
            self._keep_hanging_up_doubles()
        if self.before.settled and any(getattr(self.before, f) != getattr(self.call, f) for f in _RECORDED):
            self.settles = True
        return Decision(
            call=self.call.frozen(),
            commands=tuple(self.commands),
            drop="all" if self.drops_all else "step" if self.drops_step else "none",
            proven=tuple(self.proven),
            timers=self.timers,
            settle=self.settles,
            note="; ".join(self.notes) or None,
            unsendable=tuple(self.unsendable),
        )

    def _spoken(self) -> Scope:
        texts = self.flow.texts if self.flow else None
        if texts is None:
            return {}
        language = texts.language_for(self.call.contact)

        def say(name: str, *, for_ssml: bool) -> str:
            within = {"contact": self.call.contact, "answers": self.call.answers, "language": language}
            return texts.say(name, {**within, "open": self._is_open}, for_ssml=for_ssml)

        return {"language": language, "texts": say}

    def _is_open(self, hours: str) -> bool:
        return self.flow is not None and self.flow.is_open(hours, self.now)

    def _keep_hanging_up_doubles(self) -> None:
        """Say again what dropping everything may have dropped: a second call must not outlive the first."""
        known = {command.command_id for command in self.commands}
        for control_id in self.call.doubles:
            if (command_id := double_hangup_id(self.call, control_id)) not in known:
                self.hang_up_other(control_id, command_id=command_id)

    def _new_role(self) -> str:
        self.call.transfers += 1
        return letter_of(self.call.transfers)


def letter_of(transfer_no: int) -> str:
    """Return the letter of the leg that a call's first, second … transfer or bridge brings; the call's own is A."""
    return chr(min(ord("A") + transfer_no, ord("Z")))


def double_hangup_id(call: LiveCall, control_id: str) -> str:
    """Return the id of the hangup of a second call for the same attempt."""
    return stable_uuid(call.call_id, "double", control_id)


def _brings_a_leg(command: SendCommand) -> bool:
    """Whether another leg is heard of from here on: a new one, or that of the call which a bridge names."""
    return command.action == "transfer" or (command.action == "bridge" and "call_control_id" in command.body)
