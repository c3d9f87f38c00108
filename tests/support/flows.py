"""A call at the desk of the engine's tests: events go in, decisions come out, nothing else exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any

from orchestrator.flow import Flow, FlowProblem, advance, check_flow, load_flow, new_live_call
from orchestrator.flow.library import Library, empty_library
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.event import Event, Leg
from orchestrator.model.live_call import Direction, LiveCall

BEGAN = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
CONTROL_ID, OTHER_ID = "v3:ours", "v3:another"

VOICES = """\
defaults:
  speak: {voice: female}
  gather_using_speak: {voice: female, maximum_digits: 1}
"""

GREETING = """\
name: test
inputs: {first_name: {}}
answers: {confirmed: false, said: null}
outcomes: [confirmed, opted_out, heard, voicemail, hung_up]
outcome: hung_up
defaults:
  speak: {voice: female}
  gather_using_speak: {voice: female, maximum_digits: 1}
dial: {answering_machine_detection: premium}
start: {human: greet, machine: voicemail, timeout: {after: 6s, goto: greet}}
steps:
  greet:
    gather_using_speak: {payload: "Hello {{ contact.first_name }}", valid_digits: "19"}
    repeat: {at_most: 2, then: bye}
    on:
      call.gather.ended:
        - {match: {digits: "1"}, set: {confirmed: true}, outcome: confirmed, goto: thanks}
        - {match: {digits: "9"}, outcome: opted_out, goto: stop}
        - {outcome: heard, goto: greet}
    timeout: {after: 40s, goto: bye}
  thanks: {speak: {payload: Thanks}, on: {call.speak.ended: bye}}
  voicemail: {wait_for: machine.greeting.ended, on: {machine.greeting.ended: leave}, timeout: {after: 30s, goto: leave}}
  leave: {speak: {payload: Message}, outcome: voicemail, on: {call.speak.ended: bye}}
  stop: {suppress: {scope: global, reason: opt-out}, goto: bye}
  bye: {hangup: {}}
"""


def flow_text(rest: str) -> str:
    """Return a flow that begins at the step `first`, with `rest` as its steps and whatever else it says."""
    return "name: test\nstart: first\n" + VOICES.strip() + "\n" + dedent(rest).strip() + "\n"


def problems_of(
    text: str | bytes, content_type: str = "application/yaml", *, library: Library = empty_library
) -> list[FlowProblem]:
    """Return what the check refuses the flow for."""
    return check_flow(text, content_type, library=library).problems


def only_problem(text: str) -> FlowProblem:
    """Return the one problem of a flow that has exactly one."""
    problems = problems_of(text)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


class Line:
    """One call: `hear` takes an event to the engine and keeps the answer; the clock is moved by hand.

    The engine's own notices are left out unless a test is about them (`notices`).
    """

    def __init__(
        self, flow: Flow | str, *, direction: Direction = "outgoing", notices: bool = False, **contact: Any
    ) -> None:
        self.flow = load_flow(flow) if isinstance(flow, str) else flow
        self.now = BEGAN
        contact = {"first_name": "Ann", "phone": "+13125550142", **contact}
        self.call: LiveCall = new_live_call(
            self.flow,
            call_id="call_1",
            to="+13125550142",
            contact=contact,
            campaign_id="cmp_1",
            dialed_at=BEGAN,
            direction=direction,
        )
        if not notices:
            self.call = self.call.model_copy(update={"notices": ()})
        self.decision = Decision(call=self.call)
        self.sent: list[SendCommand] = []
        self._numbers: Iterator[int] = iter(range(1, 10_000))

    def hear(
        self,
        kind: str,
        payload: dict[str, Any] | None = None,
        *,
        leg: Leg = "A",
        control_id: str | None = CONTROL_ID,
        at: float | None = None,
    ) -> Decision:
        """Take in an event that occurred now, or `at` seconds after the beginning."""
        self.now += timedelta(milliseconds=100)
        occurred_at = self.now if at is None else BEGAN + timedelta(seconds=at)
        event = Event(
            id=f"event-{next(self._numbers)}",
            type=kind,
            occurred_at=occurred_at,
            call_id="call_1",
            leg=leg,
            call_control_id=control_id,
            payload=payload or {},
        )
        return self.take(event)

    def take(self, event: Event) -> Decision:
        """Take in an event as it is."""
        self.decision = advance(self.flow, self.call, event, self.now)
        # What is kept must come back from JSON as it was: it lives in Redis.
        self.call = LiveCall.model_validate_json(self.decision.call.model_dump_json())
        assert self.call == self.decision.call
        self.sent += self.decision.commands
        return self.decision

    def own(self, kind: str, payload: dict[str, Any]) -> Decision:
        """Take in an event of our own, which no leg sent."""
        return self.hear(kind, payload, control_id=None)

    def answer(self) -> Decision:
        """Let the callee answer."""
        return self.hear("call.answered")

    def detect(self, result: str) -> Decision:
        """Let premium detection say who answered."""
        return self.hear("call.machine.premium.detection.ended", {"result": result})

    def accept(self, command: SendCommand | None = None) -> Decision:
        """Let the carrier accept a command; the last one unless said otherwise."""
        command = command or self.sent[-1]
        return self.own("command.accepted", {"command_id": command.command_id, "action": command.action})

    def refuse(
        self, command: SendCommand | None = None, *, kind: str = "command.failed", code: str = "90034"
    ) -> Decision:
        """Let a command fail, be unknown or be gone."""
        command = command or self.sent[-1]
        told = {"command_id": command.command_id, "action": command.action, "code": code, "title": "no"}
        return self.own(kind, told)

    def fire(self, name: str) -> Decision:
        """Let a timer fall due."""
        return self.own("timer.due", {"name": name})

    def press(self, digits: str, status: str = "valid", *, at: float | None = None) -> Decision:
        """Let the callee answer a gather."""
        return self.hear("call.gather.ended", {"digits": digits, "status": status}, at=at)

    def hang_up(self, cause: str = "normal_clearing", *, at: float | None = None) -> Decision:
        """Let the callee hang up."""
        return self.hear("call.hangup", {"hangup_cause": cause, "hangup_source": "callee"}, at=at)

    @property
    def actions(self) -> list[str]:
        """What was sent so far."""
        return [command.action for command in self.sent]

    @property
    def last(self) -> list[str]:
        """What the last event sent."""
        return [command.action for command in self.decision.commands]

    def due_in_s(self, name: str) -> float | None:
        """In how many seconds the timer that the last event set falls due; None if it set none."""
        due = self.decision.timers.get(name)
        return round((due - self.now).total_seconds(), 3) if due else None
