"""Receives webhooks within an event loop: as `receive_webhook` does, but no thread waits until Redis has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import redis

from orchestrator.errors import StoreUnavailable
from orchestrator.operations.events.receive_webhook import Receipt, WebhookCheck, nearly_full, not_stored
from orchestrator.store.redis.event_streams import append_webhook
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.loop_connection import LoopConnection, tell
from orchestrator.store.redis.memory_guard import MemoryLevel, read_memory
from orchestrator.telnyx.signature import SignatureVerifier

Then = Callable[[Receipt | StoreUnavailable], None]
"""What is told when it is known what became of a webhook; StoreUnavailable asks the carrier to send it again."""


class LoopReceiver:
    """Receives webhooks; one per process."""

    def __init__(self, connection: LoopConnection, *, verifier: SignatureVerifier, keys: Keys) -> None:
        self._connection = connection
        self._check = WebhookCheck(verifier)
        self._keys = keys
        self._memory = MemoryLevel()
        self._held: list[tuple[bytes, Then]] = []  # until it is known whether there is room

    @property
    def waiting(self) -> int:
        """Return how many webhooks are not on disk yet."""
        return len(self._held) + self._connection.waiting

    def receive(self, raw: bytes, headers: Mapping[str, str], then: Then) -> None:
        """Verify `raw` and append it to the event stream; it is on disk when `then` is told TAKEN."""
        if refused := self._check.refuse(raw, headers):
            tell(then, refused)
        elif self._held or self._memory.is_outdated:
            self._held.append((raw, then))
            if len(self._held) == 1:
                self._connection.ask(("INFO", "memory"), self._go_on)
        else:
            self._append(raw, then)

    def close(self) -> None:
        """Leave Redis."""
        self._connection.close()

    def _go_on(self, answer: Any) -> None:
        held, self._held = self._held, []
        if not isinstance(answer, redis.RedisError):
            try:
                self._memory.note(read_memory(answer))
            except Exception as err:  # noqa: BLE001 whatever it is, all that are held hear of it
                answer = redis.InvalidResponse(f"INFO cannot be read: {err!r}")
        for raw, then in held:
            if isinstance(answer, redis.RedisError):
                tell(then, not_stored(answer))
            else:
                self._append(raw, then)

    def _append(self, raw: bytes, then: Then) -> None:
        if self._memory.is_nearly_full:
            tell(then, nearly_full())
            return

        def appended(answer: Any) -> None:
            then(not_stored(answer) if isinstance(answer, redis.RedisError) else Receipt.TAKEN)

        self._connection.ask(append_webhook(self._keys, raw), appended)
