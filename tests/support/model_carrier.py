"""The carrier as a model: it carries out each command once within its minute, and tells what happened when asked to."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tests.support.carrier_stub import Answer, Asked, CarrierStub, accepted_dial, refusal
from tests.support.unknown_calls import active_legs

REMEMBERS_FOR_S = 60
REPEAT_AFTER_S = 12  # 15 behind its permission, of which it may spend 3 on its way
ANSWERS: dict[str, Answer | None] = {
    "accepts": None,
    "is busy": refusal(429, "90103"),
    "rejects": refusal(422, "10016", pointer="/to"),
    "fails": (500, {}),
    "cuts": (0, {}),
    "cuts behind": None,  # it carries the request out, and its answer is lost
    "hears late": None,  # nobody waits any more when the request comes to it
}
_LATE_AT_MOST_S = 45
_LEG = re.compile(r"/v2/calls/v3:(call_\w+)")


@dataclass(frozen=True)
class Told:
    """One webhook that the carrier has to tell; `ident` is the same however often it is told."""

    call_id: str
    event_type: str
    ident: str
    payload: dict[str, Any] = field(default_factory=dict)


class ModelCarrier:
    """Keeps a ledger of what was asked and what was carried out."""

    def __init__(self, stub: CarrierStub) -> None:
        stub.dial, stub.act, stub.get = self._dial, self._act, self._get
        self._began, self._passed_s = monotonic(), 0
        self.says = "accepts"
        self.phone_of: dict[str, str] = {}
        self.posted: Counter[str] = Counter()  # by attempt
        self.sent_again_at_once: list[str] = []  # attempts whose repeat did not wait for the answer to the first send
        self.dialed: Counter[str] = Counter()  # carried out, by number
        self.commanded: Counter[str] = Counter()  # carried out, by command id
        self.alive: set[str] = set()
        self.to_tell: list[Told] = []
        self.told: list[Told] = []
        self._posted_at: dict[str, float] = {}
        self._first: dict[str, float] = {}  # when a command id came first
        self._on_the_way: list[tuple[float, Asked]] = []

    @property
    def now_s(self) -> float:
        """Return its seconds: those of the schedule, and those that a slow machine takes for it."""
        return self._passed_s + monotonic() - self._began

    def pass_time(self, seconds: int) -> None:
        """Let so much time pass; what was on the way to it for so long arrives."""
        self._passed_s += seconds
        late, self._on_the_way = self._on_the_way, []
        for since, asked in late:
            if self.now_s - since <= _LATE_AT_MOST_S:
                (self._act if "/actions/" in asked.path else self._carry_out_dial)(asked)

    def _dial(self, asked: Asked) -> Answer:
        call_id = json.loads(base64.b64decode(asked.body["client_state"]))["call"]
        self.posted[call_id] += 1
        if self.now_s - self._posted_at.get(call_id, -REPEAT_AFTER_S) < REPEAT_AFTER_S:
            self.sent_again_at_once.append(call_id)
        self._posted_at[call_id] = self.now_s
        self.phone_of[call_id] = asked.body["to"]
        if said := self._lost(asked) or ANSWERS[self.says]:
            self.says = "accepts"
            return said
        return self._carry_out_dial(asked)

    def _carry_out_dial(self, asked: Asked) -> Answer:
        call_id = json.loads(base64.b64decode(asked.body["client_state"]))["call"]
        if self._is_new(asked.body["command_id"]):
            self.dialed[asked.body["to"]] += 1
            self.alive.add(call_id)
            self._will_tell(call_id, "call.initiated")
        return self._cut() or accepted_dial(asked)

    def _act(self, asked: Asked) -> Answer:
        call_id, action = _LEG.match(asked.path)[1], asked.path.rpartition("/")[2]  # type: ignore[index]  # it matches
        if lost := self._lost(asked):
            self.says = "accepts"
            return lost
        if call_id not in self.alive:
            return refusal(422, "90018", title="Call has already ended")
        if (said := ANSWERS[self.says]) and self.says in ("is busy", "fails", "cuts"):
            self.says = "accepts"
            return said
        if self._is_new(asked.body["command_id"]):
            self.commanded[asked.body["command_id"]] += 1
            self._carry_out(call_id, action)
        return self._cut() or (200, {"data": {"result": "ok"}})

    def _lost(self, asked: Asked) -> Answer | None:
        if self.says != "hears late":
            return None
        self._on_the_way.append((self.now_s, asked))
        return 0, {}

    def _cut(self) -> Answer | None:
        if self.says != "cuts behind":
            return None
        self.says = "accepts"
        return 0, {}

    def _carry_out(self, call_id: str, action: str) -> None:
        if action == "hangup":
            self.end(call_id, cause="normal_clearing", source="caller")
        if action == "speak":
            self._will_tell(call_id, "call.speak.ended", status="completed")

    def _get(self, asked: Asked) -> Answer:
        if "/active_calls" in asked.path:
            return 200, active_legs(*sorted(self.alive))
        if "/call_events" in asked.path:
            return 200, {"data": [self._logged(call_id) for call_id in self.phone_of if self._has_carried_out(call_id)]}
        if (found := _LEG.match(asked.path)) and found[1] in self.phone_of:
            leg: Any = active_legs(found[1])["data"]
            return 200, {"data": {**leg[0], "is_alive": found[1] in self.alive}}
        return 404, {"errors": [{"code": "10005", "title": "Not found"}]}

    def _logged(self, call_id: str) -> dict[str, Any]:
        leg: Any = active_legs(call_id)["data"]
        return {**leg[0], "name": "call.initiated", "type": "webhook", "metadata": leg[0]}

    def _has_carried_out(self, call_id: str) -> bool:
        return any(each.call_id == call_id for each in (*self.told, *self.to_tell))

    def _is_new(self, command_id: str) -> bool:
        is_new = self.now_s - self._first.get(command_id, -1000) >= REMEMBERS_FOR_S
        self._first.setdefault(command_id, self.now_s)
        return is_new

    def answered(self, call_id: str) -> None:
        """Let the callee take the call."""
        self._will_tell(call_id, "call.answered")

    def forget(self) -> None:
        """Let every call end, and never tell it."""
        self.alive.clear()

    def end(self, call_id: str, *, cause: str = "normal_clearing", source: str = "callee") -> None:
        """Let the call end."""
        if call_id in self.alive:
            self.alive.remove(call_id)
            self._will_tell(call_id, "call.hangup", hangup_cause=cause, hangup_source=source)

    def _will_tell(self, call_id: str, event_type: str, **payload: Any) -> None:
        ident = f"{call_id}:{event_type}:{len(self.told) + len(self.to_tell)}"
        self.to_tell.append(Told(call_id, event_type, ident, payload))
