"""One call as another carrier keeps it."""

from __future__ import annotations

import asyncio
import base64
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Line:
    """`runs` is what goes on until it is stopped; `hushed` ends its stream, `partner` is who it is bridged with."""

    number: int
    to: str
    client_state: str | None
    webhook_url: str
    command_id: str = ""
    is_incoming: bool = False
    is_target: bool = False
    control_id: str = field(default_factory=lambda: f"v2:{base64.b64encode(b'?>~' + os.urandom(13)).decode()}")
    is_answered: bool = False
    is_over: bool = False
    commands: Counter[str] = field(default_factory=Counter)
    runs: dict[str, Any] = field(default_factory=dict)
    hushed: asyncio.Event = field(default_factory=asyncio.Event)
    partner: Line | None = None

    @property
    def leg_id(self) -> str:
        return f"leg {self.number}/ä"
