"""The HTTP client for webhooks: it posts over kept connections and reads nothing but the status.

Webhooks are most of what the simulator does: aiohttp's client, which can do far more, takes several times the CPU.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

from yarl import URL

from simulator.webhooks.receiver_connection import ReceiverConnection

CONNECTIONS = 768  # six receivers that never respond; a process usually has 1,024 file descriptors
KEPT_IDLE_S = 60.0


class _Origin(NamedTuple):
    host: str
    port: int
    is_secure: bool


class WebhookClient:
    """Posts to any number of receivers; at most so many requests are under way at once."""

    def __init__(self, *, timeout_s: float, connections: int = CONNECTIONS, kept_idle_s: float = KEPT_IDLE_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout_s, self._kept_idle_s = timeout_s, kept_idle_s
        self._places = asyncio.Semaphore(connections)
        self._open: dict[ReceiverConnection, _Origin] = {}
        self._idle: dict[_Origin, deque[ReceiverConnection]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Return the status of the response; 0 when none came in time, and for a URL that leads nowhere."""
        until = self._loop.time() + self._timeout_s
        try:
            origin, head = _target(url)
            await self._take_place(until)
        except (TimeoutError, ValueError):
            return 0
        try:
            connection = self._idle_to(origin) or await self._connect(origin, until)
            return await connection.exchange(_request(head, body, headers), until=until)
        except (OSError, TimeoutError, ValueError):
            return 0
        finally:
            self._places.release()

    def close(self) -> None:
        """Close every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in tuple(self._open):
            connection.abort()

    async def _take_place(self, until: float) -> None:
        if self._places.locked():
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        else:
            await self._places.acquire()

    def _idle_to(self, origin: _Origin) -> ReceiverConnection | None:
        """Return the connection that was idle for longest, so that each of the receiver's is used in turn."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.popleft()
            if not connection.is_closing:
                return connection
        return None

    async def _connect(self, origin: _Origin, until: float) -> ReceiverConnection:
        async with asyncio.timeout_at(until):
            _, connection = await self._loop.create_connection(
                lambda: ReceiverConnection(on_idle=self._keep, on_closed=self._forget),
                origin.host,
                origin.port,
                ssl=self._tls if origin.is_secure else None,
                server_hostname=origin.host.rstrip(".") if origin.is_secure else None,
            )
        self._open[connection] = origin
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _keep(self, connection: ReceiverConnection) -> None:
        self._idle.setdefault(self._open[connection], deque()).append(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._kept_idle_s, self._close_unused)

    def _forget(self, connection: ReceiverConnection) -> None:
        origin = self._open.pop(connection, None)
        idle = self._idle.get(origin) if origin is not None else None
        if idle and connection in idle:
            idle.remove(connection)

    def _close_unused(self) -> None:
        """Close what has been idle for too long, and look again later as long as anything is kept."""
        self._sweep, oldest = None, self._loop.time() - self._kept_idle_s
        self._idle = {origin: idle for origin, idle in self._idle.items() if idle}
        for connection in [each for idle in self._idle.values() for each in idle if each.idle_since <= oldest]:
            connection.abort()
        if self._idle:
            self._sweep = self._loop.call_later(self._kept_idle_s, self._close_unused)


@lru_cache(maxsize=1_024)
def _target(address: str) -> tuple[_Origin, bytes]:
    """Return where a URL leads, and the lines of a request that are the same every time; raises ValueError."""
    url = URL(address)
    if url.scheme not in ("http", "https") or not url.raw_host or not url.port:
        raise ValueError(address)
    lines = [
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {url.host_port_subcomponent}",
        "Content-Type: application/json",
        "User-Agent: telnyx-webhooks",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
    ]
    if url.user is not None or url.password is not None:
        login = f"{url.user or ''}:{url.password or ''}".encode()
        lines.append(f"Authorization: Basic {b64encode(login).decode()}")
    head = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return _Origin(url.raw_host, url.port, is_secure=url.scheme == "https"), head


def _request(head: bytes, body: bytes, headers: Mapping[str, str]) -> bytes:
    own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (head, own.encode("ascii"), len(body), body)
