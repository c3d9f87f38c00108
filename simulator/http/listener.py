"""The listening socket, which can be closed for a while so that connections are refused."""

from __future__ import annotations

import asyncio
import socket

from aiohttp import web

from simulator.http.command_door import CommandDoor

_ANSWERED_S = 0.05  # so that the request for it still gets its response


class Listener:
    """Listens on one address while the simulator runs."""

    def __init__(self, runner: web.AppRunner, door: CommandDoor, *, host: str, port: int) -> None:
        self._runner = runner
        self._door = door
        self._host = host
        self._port = port
        self._server: asyncio.AbstractServer | None = None
        self._absence: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Start listening and return the port."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self._host, self._port))
        self._port = int(sock.getsockname()[1])
        self._server = await asyncio.get_running_loop().create_server(self._door, sock=sock, backlog=1024)
        return self._port

    async def close(self, *, within_s: float) -> None:
        """Stop listening, and close every connection when its request was answered, or after so many seconds."""
        if self._server is not None:
            self._server.close()
        await self._door.close(within_s=within_s)
        await self._runner.cleanup()

    def close_for(self, seconds: float) -> None:
        """Close the port and abort open connections shortly; listen again after so many seconds of real time."""
        self._absence = asyncio.create_task(self._away(seconds))

    async def _away(self, seconds: float) -> None:
        await asyncio.sleep(_ANSWERED_S)
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._door.abort()
        for connection in tuple(self._runner.server.connections if self._runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(seconds)
        await self.open()


LISTENER = web.AppKey("listener", Listener)
