"""The sync and the async client, as one, for tests of what both must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import anyio

from orchestrator_client import AsyncClient, Client


@dataclass
class Either:
    """Asks with one of the clients; `waits` are the pauses between attempts, in seconds, which nobody waits for."""

    is_async: bool
    waits: list[float] = field(default_factory=list)

    def ask(self, url: str, what: Callable[[Any], Any], *, key: str = "key-of-the-tests", **limits: Any) -> Any:
        """Return what `what(client)` does, or its result; a list comes whole."""
        if self.is_async:
            return anyio.run(self._ask, url, what, key, limits)
        with Client(url, key, wait=self.waits.append, **limits) as client:
            made = what(client)
            return list(made) if hasattr(made, "pages") else made

    async def _ask(self, url: str, what: Callable[[Any], Any], key: str, limits: dict[str, Any]) -> Any:
        async def wait(pause_s: float) -> None:
            self.waits.append(pause_s)

        async with AsyncClient(url, key, wait=wait, **limits) as client:
            made = what(client)
            if hasattr(made, "pages"):
                return [item async for item in made]
            return await made if isawaitable(made) else made
