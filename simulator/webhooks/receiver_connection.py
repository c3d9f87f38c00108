"""One kept connection to a receiver of webhooks: one request at a time, answered with a status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httptools

_SWITCHING_PROTOCOLS = 101


class ReceiverConnection(asyncio.Protocol):
    """Sends requests and reads the statuses of their responses; bodies are thrown away."""

    def __init__(
        self, *, on_idle: Callable[[ReceiverConnection], None], on_closed: Callable[[ReceiverConnection], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_idle, self._on_closed = on_idle, on_closed
        self._parser = httptools.HttpResponseParser(self)
        self._status: asyncio.Future[int] | None = None  # None: nothing was asked
        self._deadline: asyncio.TimerHandle | None = None
        self.idle_since = 0.0

    async def exchange(self, request: bytes, *, until: float) -> int:
        """Send a request and return the status as soon as it is there; 0 when none came until then (loop time)."""
        self._status = self._loop.create_future()
        self._deadline = self._loop.call_at(until, self.abort)  # it ends a body that never ends, too
        self._transport.write(request)
        return await self._status

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    @property
    def is_closing(self) -> bool:
        """Whether it takes no more requests."""
        return self._transport.is_closing()

    # -- called by the loop ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read a response, or a part of one; whatever is none ends the connection."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        """End the request under way without a status."""
        self._answer(0)
        self._end()
        self._on_closed(self)

    # -- called by the parser --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Close the connection when nothing was asked."""
        if self._status is None:
            self.abort()

    def on_headers_complete(self) -> None:
        """Hand over the status."""
        if self._is_final:
            self._answer(self._parser.get_status_code())

    def on_message_complete(self) -> None:
        """Be ready for the next request, or close."""
        if not self._is_final:
            return
        self._end()
        if self._parser.should_keep_alive() and not self.is_closing:
            self._status, self.idle_since = None, self._loop.time()
            self._on_idle(self)
        else:
            self._transport.close()

    @property
    def _is_final(self) -> bool:
        status = self._parser.get_status_code()
        return status >= 200 or status == _SWITCHING_PROTOCOLS

    def _answer(self, status: int) -> None:
        if self._status is not None and not self._status.done():
            self._status.set_result(status)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
