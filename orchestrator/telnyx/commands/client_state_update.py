"""Changing a leg's client state without doing anything else."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.telnyx.commands.base import Command
from orchestrator.telnyx.commands.values import Base64Text


class ClientStateUpdate(Command):
    """Set the state that every later webhook of the leg carries; the one PUT, and the one without a command id.

    Harmless when repeated: the last value wins.
    """

    action: ClassVar[str] = "client_state_update"
    method: ClassVar[str] = "PUT"

    client_state: Base64Text
