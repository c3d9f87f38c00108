"""SIP headers that travel with a leg."""

from __future__ import annotations

from typing import Literal

from orchestrator.telnyx.commands.base import Part


class SipHeader(Part):
    """An extra SIP header."""

    name: str
    value: str


class UserToUser(Part):
    """The one standard header the carrier passes on."""

    name: Literal["User-to-User"]
    value: str
