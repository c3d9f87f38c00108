"""Sending the other side elsewhere by SIP REFER."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.telnyx.commands.base import RepeatableCommand
from orchestrator.telnyx.commands.shared_fields import SipHeader, UserToUser
from orchestrator.telnyx.commands.values import SipUri
from orchestrator.telnyx.event_types import EventType


class Refer(RepeatableCommand):
    """Ask the other side's SIP equipment to call `sip_address` instead; possible at any point of a call.

    It ends with completed or failed, each with the SIP status in `sip_notify_response`.
    """

    action: ClassVar[str] = "refer"
    expects: ClassVar[frozenset[str]] = frozenset(
        {EventType.REFER_STARTED, EventType.REFER_COMPLETED, EventType.REFER_FAILED}
    )
    ended_by: ClassVar[str | None] = EventType.REFER_COMPLETED

    sip_address: SipUri
    custom_headers: tuple[SipHeader, ...] | None = None
    sip_auth_password: str | None = None
    sip_auth_username: str | None = None
    sip_headers: tuple[UserToUser, ...] | None = None
