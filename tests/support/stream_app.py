"""An application that takes streams: a websocket server of another make than ours, which keeps every frame."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.poll import eventually


@dataclass
class StreamApp:
    """What came in, in the order it came; `url` is the stream_url."""

    _loop: asyncio.AbstractEventLoop
    url: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    _socket: web.WebSocketResponse | None = None
    _transport: asyncio.Transport | None = None

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the frames of one kind."""
        return [frame for frame in tuple(self.frames) if frame["event"] == event]

    def wait(self, event: str, *, count: int = 1) -> list[dict[str, Any]]:
        """Return the frames of one kind once there are so many."""
        return eventually(lambda: found if len(found := self.of(event)) >= count else [])

    def say(self, *frames: object) -> None:
        """Send frames: a string as it is, anything else as JSON."""
        for frame in frames:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            asyncio.run_coroutine_threadsafe(self._send(text), self._loop).result(5)

    def vanish(self) -> None:
        """Cut the connection without a word."""
        assert self._transport is not None
        self._loop.call_soon_threadsafe(self._transport.abort)

    async def take(self, request: web.Request) -> web.WebSocketResponse:
        """Be the application's end of one stream."""
        socket = self._socket = web.WebSocketResponse()
        self.headers = dict(request.headers)
        await socket.prepare(request)
        self._transport = request.transport
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.frames.append(json.loads(message.data))
        return socket

    async def _send(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(text)


@contextmanager
def stream_app() -> Iterator[StreamApp]:
    """Listen on a free port, in a thread of its own, until the block ends."""
    loop = asyncio.new_event_loop()
    app = StreamApp(_loop=loop)
    site = web.Application()
    site.router.add_get("/stream", app.take)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)

    async def listen() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        app.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/stream"

    loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield app
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
