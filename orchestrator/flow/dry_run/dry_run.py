"""Dry-runs a flow: the engine that runs real calls, a scripted callee, and a clock that jumps to the next event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from orchestrator.flow.definition import Flow
from orchestrator.flow.dry_run.dialogue import (
    CLIP_S,
    DialogueLine,
    Who,
    describe_command,
    describe_event,
    speech_duration_s,
)
from orchestrator.flow.dry_run.scripted_callee import FOUND, NOT_ANSWERED, Callee, CalleeKind
from orchestrator.flow.engine import advance, new_live_call
from orchestrator.flow.vocabulary import stop_of
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.event import (
    COMMAND_ACCEPTED,
    COMMAND_FAILED,
    DIAL_ACCEPTED,
    HTTP_FAILED,
    HTTP_SUCCEEDED,
    STREAM_PLAY_ENDED,
    TIMER_DUE,
    Event,
    Leg,
)
from orchestrator.model.live_call import Direction
from orchestrator.telnyx.commands import STOPS
from orchestrator.telnyx.commands.called_number import number_called_by
from orchestrator.telnyx.event_types import EventType

_MOST_EVENTS = 2_000
_RINGS_S, _PRESSES_AFTER_S, _GREETING_S = 4.0, 1.0, 8.0
_CALL_ID, _CALL_CONTROL_ID, _AGENT_CONTROL_ID = "call_dry_run", "the-line", "the-agent"


def stand_ins(flow: Flow) -> dict[str, str]:
    """Return a value for each input that a flow requires: its own name, in words."""
    return {name: name.replace("_", " ") for name in flow.required_inputs}


@dataclass
class DryRun:
    """One scripted call; `play` yields the conversation, and `call` is the call's state afterwards.

    `refused` names the commands that were not sent because the carrier would refuse them.
    """

    flow: Flow
    callee: Callee
    to: str
    variables: Mapping[str, Any]
    began: datetime
    direction: Direction = "outgoing"
    refused: list[str] = field(default_factory=list)
    _queue: list[tuple[datetime, int, Event]] = field(default_factory=list)
    _timers: dict[str, datetime] = field(default_factory=dict)
    _running: dict[str, Event] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _gathers: int = 0
    _transfers: int = 0

    def __post_init__(self) -> None:
        """Create the call."""
        self.now = self.began
        self.call = new_live_call(
            self.flow,
            call_id=_CALL_ID,
            to=self.to,
            contact={"phone": self.to, **self.variables},
            dialed_at=self.now,
            direction=self.direction,
        )

    def play(self) -> Iterator[DialogueLine]:
        """Yield the conversation until the call is over and no event is left."""
        yield from self._ring()
        for _ in range(_MOST_EVENTS):
            event = self._next_event()
            if event is None:
                return
            yield from self._show_event(event)
            yield from self._apply(advance(self.flow, self.call, event, self.now))
        yield self._line("line", f"the dry run ends here: more than {_MOST_EVENTS} events")

    def _ring(self) -> Iterator[DialogueLine]:
        if self.direction == "incoming":
            self._schedule(0.2, EventType.CALL_INITIATED, {"state": "parked", "direction": "incoming"})
            yield self._line("line", f"{self.to} calls")
            self._schedule_early_hangup(0.0)
            return
        ids = {"call_control_id": _CALL_CONTROL_ID, "call_leg_id": "leg", "call_session_id": "session"}
        self._schedule(0.1, DIAL_ACCEPTED, ids)
        self._schedule(0.2, EventType.CALL_INITIATED, {"state": "parked"})
        yield self._line("line", f"ringing {self.to}")
        if cause := NOT_ANSWERED.get(self.callee.kind):
            ringing = self.flow.dial_fields()["timeout_secs"] if cause == "timeout" else _RINGS_S
            self._schedule(float(ringing), EventType.CALL_HANGUP, {"hangup_cause": cause, "hangup_source": "callee"})
            return
        self._schedule(_RINGS_S, EventType.CALL_ANSWERED, {"state": "answered"})
        self._detect()
        self._schedule_early_hangup(_RINGS_S)

    def _schedule_early_hangup(self, from_s: float) -> None:
        if self.callee.hangs_up_after_s is not None:
            self._schedule(from_s + self.callee.hangs_up_after_s, EventType.CALL_HANGUP, _hangup("callee"))

    def _detect(self) -> None:
        mode = str(self.flow.dial.get("answering_machine_detection", "disabled"))
        if mode == "disabled":
            return
        premium = mode.startswith("premium")
        result = FOUND[self.callee.kind][0 if premium else 1]
        family = "call.machine.premium" if premium else "call.machine"
        self._schedule(_RINGS_S + (1.2 if premium else 3.5), f"{family}.detection.ended", {"result": result})
        if self.callee.kind is CalleeKind.MACHINE and mode != "detect":
            found = "beep_detected" if mode != "greeting_end" else "ended"
            self._schedule(_RINGS_S + _GREETING_S, f"{family}.greeting.ended", {"result": found})

    def _next_event(self) -> Event | None:
        """Return the next webhook or due timer and move the clock to it; None if there is none."""
        due = min(self._timers.items(), key=lambda item: item[1], default=None)
        if due and (not self._queue or due[1] < self._queue[0][0]):
            self._timers.pop(due[0])
            self.now = due[1]
            return self._event(TIMER_DUE, {"name": due[0], "due_at": due[1].isoformat()}, at=due[1])
        if not self._queue:
            return None
        self.now, _, event = heappop(self._queue)
        return event

    def _show_event(self, event: Event) -> Iterator[DialogueLine]:
        if (line := describe_event(event)) is not None:
            yield self._line("agent" if event.leg != "A" else "line", line)
        if event.type == EventType.GATHER_ENDED and event.payload["digits"]:
            yield self._line("callee", f"presses {event.payload['digits']}")
        if event.type == EventType.CALL_DEQUEUED and event.payload["reason"] == "bridged":
            self._schedule(0.1, EventType.CALL_BRIDGED, {})
            self._schedule(20.0, EventType.CALL_HANGUP, _hangup("callee"))
        if event.type == EventType.CALL_HANGUP and event.leg == "A":
            self._queue.clear()

    def _apply(self, decision: Decision) -> Iterator[DialogueLine]:
        before, self.call = self.call, decision.call
        for name, due in decision.timers.items():
            self._timers.pop(name, None)
            if due is not None:
                self._timers[name] = due
        yield from self._report_unsendable(decision)
        if self.call.outcome != before.outcome:
            yield self._line("flow", f"outcome: {self.call.outcome}")
        for name, value in self.call.answers.items():
            if before.answers.get(name) != value:
                yield self._line("flow", f"keeps {name} = {value}")
        for suppression in self.call.suppressions[len(before.suppressions) :]:
            yield self._line("flow", f"never call this number again ({suppression.scope}: {suppression.reason})")
        for command in decision.commands:
            yield self._line("flow", describe_command(command))
            if failure := self._failure(command):
                yield self._line("refusal", f"{command.action} is refused: {failure['title']}")
                self._schedule(0.05, COMMAND_FAILED, failure)
                return  # what is behind it in the same step is not sent
            self._react(command)

    def _report_unsendable(self, decision: Decision) -> Iterator[DialogueLine]:
        """Yield what did not go as the flow intends: commands that the carrier would refuse, timeouts."""
        for action, why in decision.unsendable:
            self.refused.append(action)
            yield self._line("refusal", f"{action} would be refused: {why}")
        if decision.note and not decision.unsendable:
            yield self._line("line", decision.note)

    def _failure(self, command: SendCommand) -> dict[str, str] | None:
        """Return what is told of a command that the script lets fail; the target of a transfer may be blocked."""
        ids = {"command_id": command.command_id, "action": command.action}
        if command.action in self.callee.refused_actions:
            return {**ids, "code": "refused", "title": "by the carrier"}
        number = number_called_by(command.action, command.body)
        is_blocked = number in self.callee.blocked_numbers
        return {**ids, "code": "suppressed", "title": f"{number} must not be called"} if is_blocked else None

    def _react(self, command: SendCommand) -> None:
        """Schedule the events with which the carrier would respond to a command."""
        if command.action != "http":
            self._schedule(0.05, COMMAND_ACCEPTED, {"command_id": command.command_id, "action": command.action})
        if reaction := _REACTIONS.get(command.action):
            reaction(self, command)

    def _speak(self, command: SendCommand) -> None:
        self._schedule(0.1, EventType.SPEAK_STARTED, {})
        self._run(command, speech_duration_s(command), EventType.SPEAK_ENDED, {"status": "completed"})

    def _play_back(self, command: SendCommand) -> None:
        self._schedule(0.1, EventType.PLAYBACK_STARTED, {})
        self._run(command, CLIP_S, EventType.PLAYBACK_ENDED, {"status": "completed"})

    def _play_into_stream(self, command: SendCommand) -> None:
        ids = {"command_id": command.command_id, "action": command.action}
        self._run(command, CLIP_S, STREAM_PLAY_ENDED, {**ids, "status": "completed"})

    def _gather(self, command: SendCommand) -> None:
        pressed = self.callee.presses[self._gathers : self._gathers + 1]
        self._gathers += 1
        if pressed:
            after, payload = (
                speech_duration_s(command) + _PRESSES_AFTER_S,
                {"digits": pressed[0], "status": _status(command, pressed[0])},
            )
        else:
            wait_s = float(command.body.get("timeout_millis", 15_000)) / 1000
            after, payload = speech_duration_s(command) + wait_s, {"digits": "", "status": "timeout"}
        self._run(command, after, EventType.GATHER_ENDED, payload)

    def _record(self, command: SendCommand) -> None:
        self._run(command, 600.0, EventType.RECORDING_SAVED, {"recording_id": "dry-run", "channels": "single"})

    def _stop(self, command: SendCommand) -> None:
        stopped = [action for action in self._running if stop_of(action) == command.action]
        for action in stopped:
            event = self._running.pop(action)
            self._queue = [entry for entry in self._queue if entry[2].id != event.id]
            cut = {"status": "cancelled"} if "status" in event.payload else {}
            self._schedule(0.1, event.type, {**event.payload, **cut})

    def _transfer(self, command: SendCommand) -> None:
        self._transfers += 1
        to, leg = {"to": command.body.get("to", "")}, command.target_role or "B"
        self._schedule(0.2, EventType.CALL_INITIATED, to, leg=leg)
        if not self.callee.agent_answers:
            wait_s = float(command.body.get("timeout_secs", 30))
            self._schedule(
                wait_s, EventType.CALL_HANGUP, {"hangup_cause": "timeout", "hangup_source": "callee"}, leg=leg
            )
            return
        self._schedule(4.0, EventType.CALL_ANSWERED, to, leg=leg)
        self._schedule(4.1, EventType.CALL_BRIDGED, to, leg=leg)
        self._schedule(4.1, EventType.CALL_BRIDGED, {})
        self._schedule_separation(24.0, command, leg)

    def _bridge(self, command: SendCommand) -> None:
        self._schedule(0.2, EventType.CALL_BRIDGED, {})
        if "call_control_id" not in command.body:
            return
        self._transfers += 1
        leg = command.target_role or "B"
        self._schedule(0.2, EventType.CALL_BRIDGED, {}, leg=leg)
        self._schedule_separation(20.0, command, leg)

    def _schedule_separation(self, after_s: float, command: SendCommand, leg: Leg) -> None:
        """Schedule the hangup of the second leg, and of the call's own leg unless it is parked."""
        self._schedule(after_s, EventType.CALL_HANGUP, _hangup("callee"), leg=leg)
        if command.body.get("park_after_unbridge") is None:
            self._schedule(after_s + 0.1, EventType.CALL_HANGUP, _hangup("callee"))

    def _answer_http(self, command: SendCommand) -> None:
        ids, status = {"command_id": command.command_id, "action": "http"}, self.callee.web_status
        kind = HTTP_SUCCEEDED if 200 <= status < 300 else HTTP_FAILED
        reason = {} if kind == HTTP_SUCCEEDED else {"reason": "status"}
        self._schedule(0.5, kind, {**ids, "status": status, "body": self.callee.web_body, **reason})

    def _end_after_delay(self, command: SendCommand) -> None:
        after_s, kind, payload = _DELAYED_ENDS[command.action]
        self._run(command, after_s, kind, payload)

    def _hang_up(self, _command: SendCommand) -> None:
        self._schedule(0.3, EventType.CALL_HANGUP, _hangup("caller"))

    def _run(self, command: SendCommand, after_s: float, kind: str, payload: Mapping[str, Any]) -> None:
        self._running[command.action] = self._schedule(after_s, kind, payload)

    def _schedule(self, after_s: float, kind: str, payload: Mapping[str, Any], *, leg: Leg = "A") -> Event:
        at = self.now + timedelta(seconds=after_s)
        event = self._event(kind, payload, at=at, leg=leg)
        heappush(self._queue, (at, next(self._numbers), event))
        return event

    def _event(self, kind: str, payload: Mapping[str, Any], *, at: datetime, leg: Leg = "A") -> Event:
        return Event(
            id=f"dry-run-{next(self._numbers)}",
            type=str(kind),
            occurred_at=at,
            call_id=_CALL_ID,
            leg=leg,
            call_control_id=_CALL_CONTROL_ID if leg == "A" else f"{_AGENT_CONTROL_ID}-{self._transfers}",
            payload=dict(payload),
        )

    def _line(self, who: Who, text: str) -> DialogueLine:
        return DialogueLine((self.now - self.began).total_seconds(), who, text)


_DELAYED_ENDS: dict[str, tuple[float, str, dict[str, Any]]] = {
    "answer": (0.2, EventType.CALL_ANSWERED, {"state": "answered"}),
    "refer": (2.0, EventType.REFER_COMPLETED, {}),
    "enqueue": (20.0, EventType.CALL_DEQUEUED, {"reason": "bridged"}),
    "streaming_start": (600.0, EventType.STREAMING_STOPPED, {}),
    "fork_start": (600.0, EventType.FORK_STOPPED, {}),
}
_REACTIONS: dict[str, Callable[[DryRun, SendCommand], None]] = {
    "speak": DryRun._speak,
    "playback_start": DryRun._play_back,
    "gather": DryRun._gather,
    "gather_using_speak": DryRun._gather,
    "gather_using_audio": DryRun._gather,
    "record_start": DryRun._record,
    "transfer": DryRun._transfer,
    "bridge": DryRun._bridge,
    "hangup": DryRun._hang_up,
    "reject": DryRun._hang_up,
    "http": DryRun._answer_http,
    "stream_play": DryRun._play_into_stream,
    "stream_clear": DryRun._stop,
    **dict.fromkeys(_DELAYED_ENDS, DryRun._end_after_delay),
    **dict.fromkeys(STOPS.values(), DryRun._stop),
}


def _status(command: SendCommand, digits: str) -> str:
    valid = str(command.body.get("valid_digits", "0123456789*#"))
    return "valid" if set(digits) <= set(valid) else "invalid"


def _hangup(source: str) -> dict[str, str]:
    return {"hangup_cause": "normal_clearing", "hangup_source": source}
