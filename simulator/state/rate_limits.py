"""The carrier's deduplication of commands within sixty seconds, and the count of dials in five."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from simulator.state.leg import Leg

DEDUPE_S = 60.0
DIAL_WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class AcceptedCommand:
    """The response to an accepted command, and its leg."""

    response: bytes
    leg: Leg


class AcceptedCommands:
    """The responses by command_id, kept for sixty seconds of real time (carrier's guide to receiving webhooks)."""

    def __init__(self) -> None:
        self._responses: dict[tuple[str, str], AcceptedCommand] = {}
        self._order: deque[tuple[float, tuple[str, str]]] = deque()

    def find(self, scope: str, command_id: object) -> AcceptedCommand | None:
        """Return the first response, or None when this is no repeat; the scope is a call_control_id or `dial`."""
        self._expire()
        return self._responses.get((scope, command_id)) if isinstance(command_id, str) else None

    def remember(self, scope: str, command_id: object, response: bytes, *, leg: Leg) -> None:
        """Keep the response to an accepted command; the sixty seconds start here."""
        if isinstance(command_id, str):
            self._responses[scope, command_id] = AcceptedCommand(response, leg)
            self._order.append((time.monotonic(), (scope, command_id)))

    def _expire(self) -> None:
        oldest = time.monotonic() - DEDUPE_S
        while self._order and self._order[0][0] <= oldest:
            self._responses.pop(self._order.popleft()[1], None)


class SlidingWindowCount:
    """Counts events in the last five seconds of real time, and the highest count so far."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self.maximum = 0

    def count(self) -> int:
        """Return the count in the window that ends now."""
        oldest = time.monotonic() - DIAL_WINDOW_S
        while self._times and self._times[0] <= oldest:
            self._times.popleft()
        return len(self._times)

    def add(self) -> None:
        """Count one more, now."""
        self._times.append(time.monotonic())
        self.maximum = max(self.maximum, self.count())

    def resets_in_s(self) -> int:
        """Return the whole seconds until the oldest event leaves the window."""
        if not self.count():
            return 0
        return max(1, round(self._times[0] + DIAL_WINDOW_S - time.monotonic()))
