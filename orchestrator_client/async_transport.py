"""Sends requests and reads answers, while other tasks run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx

from orchestrator_client.answers import answer_of, check_end, failure_of, not_reached, too_slow
from orchestrator_client.errors import ClientError
from orchestrator_client.requests import Request
from orchestrator_client.retries import Retries
from orchestrator_client.target import Target


class AsyncTransport:
    """Sends requests, again where that is safe, and reads answers."""

    def __init__(self, target: Target, http: httpx.AsyncClient, *, wait: Callable[[float], Awaitable[object]]) -> None:
        self.target, self.http, self.wait = target, http, wait

    async def send(self, request: Request) -> Any:
        """Return the JSON of the answer; None if it has none. Raises ClientError."""
        return answer_of(await self.exchange(request))

    async def pieces(self, request: Request) -> AsyncIterator[bytes]:
        """Yield the body of the answer as it arrives. Raises ClientError, NotReached if it ends early."""
        response = await self.exchange(request)
        try:
            check_end(response)
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.RequestError as err:
            raise not_reached(err, base_url=self.target.base_url) from err
        finally:
            await response.aclose()

    async def exchange(self, request: Request) -> httpx.Response:
        """Return the success that answers a request, read unless it is a download. Raises ClientError."""
        retries = Retries(request, limit_s=self.target.retry_for_s)
        while True:
            try:
                return await self._attempt(request)
            except ClientError as err:
                pause_s = retries.pause_after(err)
                if pause_s is None:
                    raise
            await self.wait(pause_s)

    async def _attempt(self, request: Request) -> httpx.Response:
        content = request.content.pieces_async() if request.content else None
        whole_s = self.target.whole_s(request)
        try:
            built = self.http.build_request(**self.target.parts(request), content=content)
            with anyio.fail_after(whole_s):
                response = await self.http.send(built, stream=True, follow_redirects=False)
                if not (request.is_download and response.is_success):
                    await response.aread()
        except TimeoutError as err:
            raise not_reached(httpx.ReadTimeout(too_slow(whole_s)), base_url=self.target.base_url) from err
        except httpx.RequestError as err:
            raise not_reached(err, base_url=self.target.base_url) from err
        if failure := failure_of(response):
            raise failure
        return response
