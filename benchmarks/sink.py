"""A minimal carrier that accepts every command, so that only the client is measured."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

_YES = {"data": {"result": "ok", "is_alive": True, "record_type": "call"}}


class Sink:
    """Counts the requests it has answered; `url` is what clients call the carrier's base URL."""

    def __init__(self) -> None:
        self.url = ""
        self.answered = 0
        self._legs = itertools.count(1)

    def reply(self, head: bytes) -> bytes:
        """Return the whole answer to a request with this head."""
        self.answered += 1
        body = self._leg() if head.startswith(b"POST /v2/calls HTTP") else orjson.dumps(_YES)
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    def _leg(self) -> bytes:
        number = next(self._legs)
        ids = {"call_control_id": f"v3:{number}", "call_leg_id": f"leg-{number}", "call_session_id": f"ses-{number}"}
        return orjson.dumps({"data": {**_YES["data"], **ids}})


class _Line(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._asked = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        head, end, body = self._asked.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._asked = b""
        assert self._transport is not None
        self._transport.write(self._sink.reply(head))


@contextmanager
def sink() -> Iterator[Sink]:
    """Listen on a free port, in a thread of this process, until the block ends."""
    counter = Sink()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Line(counter), "127.0.0.1", 0))
    counter.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield counter
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
