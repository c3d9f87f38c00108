"""How a SIP REFER went; `sip_notify_response` is the other side's SIP status."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads.base import Payload


class _ReferPayload(Payload):
    sip_notify_response: int | None = None


class ReferStarted(_ReferPayload):
    """The other side was asked."""

    event_type: ClassVar[EventType | None] = EventType.REFER_STARTED


class ReferCompleted(_ReferPayload):
    """The other side reached its new target."""

    event_type: ClassVar[EventType | None] = EventType.REFER_COMPLETED


class ReferFailed(_ReferPayload):
    """The other side did not."""

    event_type: ClassVar[EventType | None] = EventType.REFER_FAILED
