"""Sends prepared HTTP requests over a few connections as fast as the server answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

CONNECTIONS = 8


def send_all(host: str, port: int, requests: Sequence[bytes], *, per_s: float | None = None) -> float:
    """Send every request, one at a time on each connection, and return the seconds it took; raise for any but 200.

    With `per_s` they leave at that pace, else as fast as they are answered.
    """
    return asyncio.run(_send_all(host, port, iter(requests), per_s))


async def _send_all(host: str, port: int, requests: Iterator[bytes], per_s: float | None) -> float:
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(lambda: _Line(requests, per_s), host, port))[1] for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for number, line in enumerate(lines):
        # At a pace each line takes every eighth place in time.
        loop.call_later(number / per_s if per_s else 0, line.send_next)
    await asyncio.gather(*(line.over for line in lines))
    return time.perf_counter() - began


class _Line(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], per_s: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._requests = requests
        self._every_s = CONNECTIONS / per_s if per_s else 0.0
        self._sent_at = 0.0
        self._answer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send_next(self) -> None:
        assert self._transport is not None
        self._sent_at = self._loop.time()
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._finish(None)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._finish(ConnectionError(head.decode(errors="replace")))
            return
        self._answer = b""
        if self._every_s:
            self._loop.call_at(self._sent_at + self._every_s, self.send_next)
        else:
            self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionError("the server closed the connection"))

    def _finish(self, failure: Exception | None) -> None:
        if self.over.done():
            return
        if failure:
            self.over.set_exception(failure)
        else:
            self.over.set_result(None)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
