"""Ending a leg."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.telnyx.commands.base import RepeatableCommand
from orchestrator.telnyx.commands.shared_fields import SipHeader
from orchestrator.telnyx.event_types import EventType


class Hangup(RepeatableCommand):
    """Hang up, or cancel a leg that has not answered; `reason` is sent to the callee's side only in that case."""

    action: ClassVar[str] = "hangup"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.CALL_HANGUP, EventType.RECORDING_SAVED})
    ended_by: ClassVar[str | None] = EventType.CALL_HANGUP

    custom_headers: tuple[SipHeader, ...] | None = None
    reason: str | None = None
