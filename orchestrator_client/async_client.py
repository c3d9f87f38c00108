"""The client whose methods are awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

import anyio
import httpx

from orchestrator_client.async_operations import AsyncOperations
from orchestrator_client.async_transport import AsyncTransport
from orchestrator_client.target import find_target


class AsyncClient(AsyncOperations):
    """A client of the REST API: `await client.campaigns.start(campaign_id)`, with asyncio or trio.

    Its arguments are those of `Client`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = 30.0,
        retry_for_s: float = 30.0,
        total_timeout_s: float | None = None,
        http: httpx.AsyncClient | None = None,
        wait: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        target = find_target(
            base_url, api_key, timeout_s=timeout_s, retry_for_s=retry_for_s, total_timeout_s=total_timeout_s
        )
        self._owns_http = http is None
        super().__init__(AsyncTransport(target, http or httpx.AsyncClient(), wait=wait))

    def with_limits(
        self,
        *,
        timeout_s: float | None = None,
        retry_for_s: float | None = None,
        total_timeout_s: float | None = None,
    ) -> AsyncOperations:
        """Return the same operations over the same connections, with other limits."""
        old = self.transport
        target = old.target.with_limits(timeout_s, retry_for_s, total_timeout_s)
        return AsyncOperations(AsyncTransport(target, old.http, wait=old.wait))

    async def close(self) -> None:
        """Close the connections."""
        if self._owns_http:
            await self.transport.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
