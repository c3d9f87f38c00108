"""The state of a live call: its leg, its position in the flow, and what it has collected."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

FIRST_SCHEMA = 1
LIVE_SCHEMA = 5
"""The version of the state's fields: an engine does not touch a state that a newer one wrote.

Raise it when a field is added or changes its meaning: an engine that does not know a field drops it. A new field has
a default, with which older states are read. Engines of number 1 do not read the number.
"""

Direction = Literal["outgoing", "incoming"]
Phase = Literal["dialing", "ringing", "answered", "ended"]


class Outstanding(BaseModel):
    """A pending command: decided, and not known to have ended.

    `visit` is that of its step, or `NO_VISIT` for a command that was requested over REST. `leg` is the call control id
    of the second leg that a transfer created, `role` the letter of that leg or of a bridged call's, `joined` whether it
    answered. `stopped` says that background audio was told to stop. `since` is when the event occurred that led to the
    command.
    """

    model_config = ConfigDict(frozen=True)

    command_id: str
    action: str
    visit: int
    since: datetime | None = None
    accepted: bool = False
    started: bool = False
    leg: str | None = None
    role: str | None = None
    joined: bool = False
    stopped: bool = False

    def as_accepted(self) -> Outstanding:
        """Return the command as one that the carrier has accepted."""
        return self.model_copy(update={"accepted": True})

    def as_started(self) -> Outstanding:
        """Return the command as one whose work has begun."""
        return self.model_copy(update={"started": True})

    def as_joined(self) -> Outstanding:
        """Return the command as one whose second leg has answered."""
        return self.model_copy(update={"joined": True})

    def as_stopped(self) -> Outstanding:
        """Return the command as one that was told to stop."""
        return self.model_copy(update={"stopped": True})

    def with_leg(self, call_control_id: str) -> Outstanding:
        """Return the command with the leg that it created."""
        return self.model_copy(update={"leg": call_control_id})


NO_VISIT = 1_000_000
"""A visit that no step reaches: commands of no step are not dropped when a step is left."""


class Suppression(BaseModel):
    """The flow's request to suppress the number, within a scope: `global` or a campaign id."""

    model_config = ConfigDict(frozen=True)

    scope: str
    reason: str


class CallbackWish(BaseModel):
    """The flow's request to call the person back at a time."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    note: str | None = None


class LiveCall(BaseModel):
    """One live call, stored as JSON in Redis beside its version. Frozen: a `CallDraft` takes the changes of one event.

    `seen` are the events of the call's own leg since the answer, `heard` the payloads of those that a step may wait
    for. `closing` says that a hangup was decided, `finished` that a requested transfer ended the flow while the call
    goes on, `paused` that the flow waits while the target of such a transfer rings. `gone_at` is when an answer of the
    carrier's first said that the leg has ended, `hangups` the number of hangups sent. An inbound call's `to` is its
    caller. `user_state` is the user's state that the leg carries. `transfers` counts the letters given to second legs,
    `newest_target` is the letter of the newest, whose events the flow receives; `target_legs` are their ids. `doubles`
    are the ids of duplicate calls of the same attempt. `unwanted` says that the number was suppressed before the
    answer. `is_erased` says that the person was erased: personal data no longer enters the state. `heard_at` is when
    the person first heard something, by the carrier's clock; `answer_noted_at` when the answer was noted here, by ours,
    and None for a call that was answered before such things were noted. `notices` are those that the engine says
    itself, `notice_command` is the newest command that says them, `notices_said` whether the carrier has accepted it.
    """

    model_config = ConfigDict(frozen=True)

    schema_no: int = LIVE_SCHEMA
    call_id: str
    flow_id: str | None = None
    campaign_id: str | None = None
    contact_id: str | None = None
    to: str = ""
    caller_id: str = ""
    contact: dict[str, Any] = {}
    dialed_at: datetime | None = None
    adopted: bool = False
    direction: Direction = "outgoing"

    phase: Phase = "dialing"
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    answered_at: datetime | None = None
    answer_noted_at: datetime | None = None
    heard_at: datetime | None = None
    ended_at: datetime | None = None
    amd_result: str | None = None
    hangup_cause: str | None = None
    hangup_source: str | None = None
    sip_hangup_cause: str | None = None
    telnyx_error: dict[str, str] | None = None
    hangup_assumed: bool = False
    error: dict[str, Any] | None = None
    closing: bool = False
    settled: bool = False
    doubles: tuple[str, ...] = ()
    unwanted: bool = False

    step: str | None = None
    visit: int = 0
    visits: dict[str, int] = {}
    answers: dict[str, Any] = {}
    outcome: str | None = None
    outstanding: tuple[Outstanding, ...] = ()
    seen: tuple[str, ...] = ()
    heard: dict[str, dict[str, Any]] = {}
    finished: bool = False
    paused: bool = False
    gone_at: datetime | None = None
    hangups: int = 0
    suppressions: tuple[Suppression, ...] = ()
    callback: CallbackWish | None = None
    target_legs: tuple[str, ...] = ()
    transfers: int = 0
    newest_target: str | None = None
    user_state: str | None = None
    notices: tuple[str, ...] = ()
    notice_command: str | None = None
    notices_said: bool = False

    recordings: tuple[dict[str, Any], ...] = ()
    cost: dict[str, Any] | None = None
    is_erased: bool = False

    @property
    def is_known_to_carrier(self) -> bool:
        """Whether the carrier has reported this call in any way."""
        return self.call_control_id is not None or self.phase != "dialing"

    def erased(self) -> LiveCall:
        """Return the call without personal data: times, results and ids stay, and the number while the call lives.

        The number stays because an opt-out during the call still has to be stored.
        """
        code = {name: text for name, text in (self.telnyx_error or {}).items() if name == "error_code"}
        blank: dict[str, Any] = {
            "contact": {},
            "answers": {},
            "heard": {},
            "user_state": None,
            "error": None,
            "recordings": (),
            "callback": None,
        }
        return self.model_copy(update={**blank, "telnyx_error": code or None, "is_erased": True})

    def public_answers(self) -> dict[str, Any]:
        """Return the answers that are exported and counted: names that start with `_` are private."""
        return {name: answer for name, answer in self.answers.items() if not name.startswith("_")}


class CallDraft(LiveCall, frozen=False):
    """A live call while one event is applied to it: the same fields, assigned one by one until it is frozen.

    A name that is no field of a live call is refused, by mypy and at run time.
    """

    @classmethod
    def of(cls, call: LiveCall) -> CallDraft:
        """Return a draft of the call; the call itself stays as it is."""
        return _restored(cls.__new__(cls), dict(vars(call)), call.model_fields_set)

    def frozen(self) -> LiveCall:
        """Return the draft as a live call; the draft is of no use afterwards."""
        return _restored(LiveCall.__new__(LiveCall), vars(self), self.model_fields_set)


_Call = TypeVar("_Call", bound=LiveCall)
_set = object.__setattr__


def _restored(model: _Call, fields: dict[str, Any], fields_set: set[str]) -> _Call:
    """Return the model with these fields, not validated again: as pydantic restores one that it unpickles."""
    _set(model, "__dict__", fields)
    _set(model, "__pydantic_fields_set__", fields_set)
    _set(model, "__pydantic_extra__", None)
    _set(model, "__pydantic_private__", None)
    return model
