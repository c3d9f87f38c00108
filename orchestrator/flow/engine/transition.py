"""One state transition of a call: a draft of its new state, and the commands and timers that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.definition import Flow, Step
from orchestrator.flow.engine.command_problems import describe_problems
from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.ids import stable_uuid
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.event import Event
from orchestrator.model.live_call import NO_VISIT, CallDraft, LiveCall, Outstanding

# The index of a command within a visit, from which its id is made: the step's own command, the one that stops it, the
# engine's hangups, the background audio and the command that stops it, the notices that are spoken before.
OWN, STOP, FIRST_HANGUP, DURING, DURING_STOP, NOTICES = 0, 1, 2, 20, 21, 22

_RECORDED = (
    "outcome", "answers", "suppressions", "recordings", "cost", "answered_at", "ended_at", "heard_at",
    "amd_result", "hangup_cause", "hangup_source", "sip_hangup_cause", "telnyx_error", "error", "call_control_id",
)  # fmt: skip


class Transition:
    """Collects the parts of one decision; the only mutable object of the engine, used for one event."""

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
        """Whether the leg still accepts commands."""
        return self.call.phase != "ended" and self.call.gone_at is None

    @property
    def has_flow(self) -> bool:
        """Whether events may still advance the call through its flow."""
        call = self.call
        return not (self.flow is None or call.adopted or call.closing or call.finished or call.paused)

    @property
    def step(self) -> Step | None:
        """The current step."""
        if self.flow is None or self.call.step is None:
            return None
        return self.flow.steps.get(self.call.step)

    def note(self, text: str) -> None:
        """Add a note to the timeline."""
        self.notes.append(text)

    def note_unsendable(self, action: str, err: TemplateFailure | ValidationError) -> str:
        """Note that a command could not be rendered, without the values that were filled in; return why."""
        why = describe_problems(err)
        self.note(f"{action} could not be filled in: {why}")
        self.unsendable.append((action, describe_problems(err, with_values=True)))
        return why

    def scope(self, event: Mapping[str, Any] | None = None) -> Scope:
        """Return the names that templates and expressions may read."""
        return {
            "contact": self.call.contact,
            "answers": self.call.answers,
            "event": event or {},
            "open": self._is_open,
            **self._texts_scope(),
        }

    def set_timer(self, name: str, after_s: float) -> None:
        """Set a timer by our own clock: the carrier's may be off."""
        self.timers[name] = self.now + timedelta(seconds=after_s)

    def clear_timer(self, name: str) -> None:
        """Clear a timer."""
        self.timers[name] = None

    def command_id(self, index: int) -> str:
        """Return the id of a command of the current visit; the same state always gives the same id."""
        return stable_uuid(self.call.call_id, self.call.visit, index)

    def send(self, action: str, body: Mapping[str, Any], *, index: int, user_state: str | None = None) -> None:
        """Send a command of the current visit and track it until it ends; background audio is optional."""
        command = SendCommand(
            command_id=self.command_id(index),
            action=action,
            visit=self.call.visit if index in {OWN, DURING, NOTICES} else NO_VISIT,
            body=dict(body),
            user_state=user_state,
            optional=index == DURING,
        )
        self.send_command(command, visit=self.call.visit)

    def send_command(self, command: SendCommand, *, visit: int) -> None:
        """Send a command to the call's own leg and track it, as part of a visit, until it ends.

        The user's `state` stays on the leg until another one is set, as it does at the carrier.
        """
        if command.user_state is not None:
            self.call.user_state = command.user_state
        role = self._new_role() if _adds_a_leg(command) else None
        if role is not None and not (command.action == "transfer" and visit == NO_VISIT):
            self.call.newest_target = role
        if role is not None or command.user_state != self.call.user_state:
            command = command.model_copy(update={"user_state": self.call.user_state, "target_role": role})
        self.commands.append(command)
        pending = Outstanding(
            command_id=command.command_id, action=command.action, visit=visit, role=role, since=self.event.occurred_at
        )
        self.call.outstanding = (*self.call.outstanding, pending)

    def send_optional(self, action: str, *, command_id: str) -> None:
        """Send a command that is not tracked and whose failure changes nothing."""
        state = self.call.user_state
        self.commands.append(
            SendCommand(command_id=command_id, action=action, visit=NO_VISIT, optional=True, user_state=state)
        )

    def hang_up_other_leg(self, call_control_id: str, *, command_id: str, role: str = "A") -> None:
        """Hang up another leg than the call's own; a failure changes nothing."""
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
        """Return the decision."""
        if self.drops_all:
            self._repeat_duplicate_hangups()
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

    def _texts_scope(self) -> Scope:
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

    def _repeat_duplicate_hangups(self) -> None:
        """Send again the hangups that `drop="all"` may have dropped: a duplicate call must not outlive the first."""
        known = {command.command_id for command in self.commands}
        for control_id in self.call.doubles:
            if (command_id := duplicate_hangup_id(self.call, control_id)) not in known:
                self.hang_up_other_leg(control_id, command_id=command_id)

    def _new_role(self) -> str:
        self.call.transfers += 1
        return leg_letter(self.call.transfers)


def leg_letter(transfer_no: int) -> str:
    """Return the letter of the second leg of a call's n-th transfer or bridge, from B; the call's own leg is A."""
    return chr(min(ord("A") + transfer_no, ord("Z")))


def duplicate_hangup_id(call: LiveCall, control_id: str) -> str:
    """Return the id of the command that hangs up a duplicate call of the same attempt."""
    return stable_uuid(call.call_id, "double", control_id)


def _adds_a_leg(command: SendCommand) -> bool:
    """Whether the command adds a second leg: a new one, or the leg of the call that a bridge names."""
    return command.action == "transfer" or (command.action == "bridge" and "call_control_id" in command.body)
