"""Refused dials, for the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class RefusedDial:
    """A POST /calls that started no call."""

    at: float
    to: str | None
    command_id: str | None
    status: int
    code: str
    detail: str


class RefusedDials:
    """Keeps the last twenty thousand refused dials."""

    def __init__(self) -> None:
        self._kept: deque[RefusedDial] = deque(maxlen=_KEPT)

    def add(self, body: Mapping[str, Any], *, at: float, status: int, code: str, detail: str) -> None:
        """Keep one more."""
        to, command_id = body.get("to"), body.get("command_id")
        self._kept.append(RefusedDial(at, str(to) if to else None, command_id, status, code, detail))

    def as_json(self) -> list[dict[str, Any]]:
        """Return them oldest first, ready for JSON."""
        return [asdict(refused) for refused in self._kept]
