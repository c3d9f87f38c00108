"""Calls run by the flow engine against the simulator: real webhooks in, real commands out, no stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.flow import Flow, advance, new_live_call
from orchestrator.model.call_end import end_of
from orchestrator.model.decision import Decision
from orchestrator.model.event import COMMAND_ACCEPTED, COMMAND_FAILED, TIMER_DUE, Event
from orchestrator.model.live_call import LiveCall
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier, number
from tests.support.webhook_receiver import Delivery

Seen = Callable[[str], None]


class LedCall:
    """One call of a flow to a test number; timers run in simulated time, `scale` times faster."""

    def __init__(
        self, carrier: SimulatedCarrier, flow: Flow, last_digits: str, *, scale: float, contact: dict[str, Any]
    ) -> None:
        self._carrier, self._flow, self._scale = carrier, flow, scale
        self._began = utc_now()
        self._timers: dict[str, datetime] = {}
        to = number(last_digits)
        self.call: LiveCall = new_live_call(flow, call_id="call_1", to=to, contact=contact, dialed_at=self._now())
        self.leg = carrier.dial(last_digits, **flow.dial_fields())
        self._received = 0

    def run(self, *, seen: Seen = lambda _event: None) -> LiveCall:
        """Run the call to its end and return it; `seen` is called with each event after the engine handled it."""
        eventually(lambda: self._turn(seen), within=60.0, every=0.005)
        return self.call

    def webhooks(self, event_type: str) -> list[Delivery]:
        """Return the received webhooks of that type, in order."""
        return [each for each in self._carrier.receiver.of(self.leg) if each.type == event_type]

    @property
    def disposition(self) -> str | None:
        return end_of(self.call).disposition

    def _turn(self, seen: Seen) -> bool:
        for delivery in self._carrier.receiver.of(self.leg)[self._received :]:
            self._received += 1
            self._take(delivery.event["id"], delivery.type, delivery.payload)
            seen(delivery.type)
        for name, due in list(self._timers.items()):
            if due <= self._now():
                del self._timers[name]
                self._take(f"timer:{name}", TIMER_DUE, {"name": name})
        return self.call.phase == "ended"

    def _take(self, event_id: str, kind: str, payload: dict[str, Any]) -> None:
        leg = None if kind in {TIMER_DUE, COMMAND_ACCEPTED, COMMAND_FAILED} else self.leg
        known = {"call_id": "call_1", "call_control_id": leg, "payload": payload}
        event = Event(id=event_id, type=kind, occurred_at=self._now(), **known)
        self._follow(advance(self._flow, self.call, event, self._now()))

    def _follow(self, decision: Decision) -> None:
        self.call = decision.call
        for name, due in decision.timers.items():
            self._timers.pop(name, None)
            if due is not None:
                self._timers[name] = due
        for command in decision.commands:
            answer = self._carrier.act(self.leg, command.action, **command.body, command_id=command.command_id)
            ids = {"command_id": command.command_id, "action": command.action}
            kind = COMMAND_ACCEPTED if answer.ok else COMMAND_FAILED
            self._take(f"{kind}:{command.command_id}", kind, ids | ({} if answer.ok else {"code": answer.text[:40]}))

    def _now(self) -> datetime:
        return self._began + (utc_now() - self._began) * self._scale
