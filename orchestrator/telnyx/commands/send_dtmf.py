"""Keying digits towards the callee."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from orchestrator.telnyx.commands.base import RepeatableCommand, unset_means
from orchestrator.telnyx.commands.values import Tones


class SendDtmf(RepeatableCommand):
    """Send tones of 100..500 ms each (default 250); w pauses 0.5 s, W 1 s. No webhook follows (errors 90014, 90027)."""

    action: ClassVar[str] = "send_dtmf"

    digits: Tones
    duration_millis: Annotated[int, Field(ge=100, le=500)] | None = unset_means(250)
