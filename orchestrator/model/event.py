"""An event of a call: a webhook of the carrier's or an event of our own, in one form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from orchestrator.telnyx.bounded_text import bounded

# The letter of a leg within a call: A is its own, B, C … are those of its transfers and bridges in their order, Z is a
# call that bridged itself with this one.
Leg = Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]

TIMER_DUE = "timer.due"
COMMAND_ACCEPTED = "command.accepted"
COMMAND_FAILED = "command.failed"
COMMAND_UNKNOWN = "command.unknown"
COMMAND_GONE = "command.gone"
DIAL_ACCEPTED = "dial.accepted"
DIAL_REJECTED = "dial.rejected"
ACTION_REQUESTED = "action.requested"
HANGUP_ASSUMED = "hangup.assumed"
NUMBER_SUPPRESSED = "number.suppressed"
HTTP_SUCCEEDED = "http.succeeded"
HTTP_FAILED = "http.failed"
STREAM_PLAY_ENDED = "stream_play.ended"


class Event(BaseModel):
    """One event of one call; `id` is the carrier's `data.id` or a fixed id of ours, and is processed once.

    Own events and their payloads:
    timer.due {name, due_at} · command.accepted {command_id, action} · command.failed {command_id, action, code, title,
    detail} · command.unknown {command_id, action} · command.gone {command_id, action} · dial.accepted
    {call_control_id, call_leg_id, call_session_id} · dial.rejected {code, title, detail} ·
    http.succeeded {command_id, action, status, body} · http.failed {command_id, action, status, body, reason, detail} ·
    stream_play.ended {command_id, action, status: completed | cut} ·
    action.requested {command_id, action, body, state} · number.suppressed {} ·
    hangup.assumed {hangup_cause, reason} (synthesized, with the id `synth:<call>:hangup`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: str
    occurred_at: datetime
    call_id: str
    leg: Leg = "A"
    call_control_id: str | None = None
    payload: dict[str, Any] = {}

    def text(self, name: str) -> str | None:
        """Return a field of the payload as text of bounded length, whatever its type; None if missing or null.

        A SIP status has come as a number where every document says text, and the state must be readable again.
        """
        found = self.payload.get(name)
        return None if found is None else bounded(str(found))

    def text_if_any(self, name: str) -> str | None:
        """Return `text`, or None where the field holds nothing: an empty text, list or object, zero or false."""
        return self.text(name) if self.payload.get(name) else None
