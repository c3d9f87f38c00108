"""What answers requests in the loop itself, because it never waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from api.server.plain import Plain
from api.server.request_head import Head

Then = Callable[[Plain], None]

IfReady = Callable[[Head], Plain | None]
"""Returns the answer to a request that is polled where it lies ready, else None; it is called in the loop and never
waits."""


class InLoop(Protocol):
    """Answers the requests of the addresses that the gate sends here."""

    @property
    def waiting(self) -> int:
        """Return how many of them have no answer yet."""

    def answer(self, head: Head, body: bytes, then: Then) -> None:
        """Work on a request without waiting, and tell `then` its answer, at once or later, once; raises nothing."""

    def close(self) -> None:
        """Give back what it holds, as the loop ends."""
