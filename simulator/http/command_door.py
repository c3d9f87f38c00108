"""The short way in for dials and actions; every other request is served by aiohttp.

They are nearly all that a campaign sends, and aiohttp takes several times the CPU for one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from aiohttp.http import SERVER_SOFTWARE

from simulator.clock import http_date
from simulator.http.calls import command_for, take_action, take_dial
from simulator.http.command_request import CommandHead, Unfit, read_head
from simulator.http.request_handling import ConnectionReset, Reply, check_access, refusal, reset
from simulator.schema.errors import CarrierError
from simulator.world import World

_log = logging.getLogger(__name__)
_BROKEN = Reply(b'{"errors":[{"title":"The simulator has failed"}]}', HTTPStatus.INTERNAL_SERVER_ERROR)


class CommandDoor:
    """The connections that have sent nothing but commands so far."""

    def __init__(self, world: World, aiohttp_server: Callable[[], asyncio.Protocol]) -> None:
        self.world, self.aiohttp_server = world, aiohttp_server
        self.connections: set[CommandConnection] = set()
        self.requests: set[asyncio.Task[None]] = set()

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return CommandConnection(self)

    def abort(self) -> None:
        """Cut every connection."""
        for connection in tuple(self.connections):
            connection.abort()

    async def close(self, *, within_s: float) -> None:
        """Wait shortly for requests under way, then cut every connection."""
        if self.requests:
            await asyncio.wait(tuple(self.requests), timeout=within_s)
        self.abort()


class CommandConnection(asyncio.Protocol):
    """Answers one command after the other; with the first other request the connection goes over to aiohttp."""

    def __init__(self, door: CommandDoor) -> None:
        self._door = door
        self._data = b""
        self._head: CommandHead | None = None  # of a request whose body is not here yet
        self._is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._door.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Read a request; what comes behind it waits for its response."""
        self._data = self._data + data if self._data else data
        if self._is_busy:
            self._transport.pause_reading()
        else:
            self._read()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forget the connection; a request that has arrived is carried out all the same."""
        self._door.connections.discard(self)

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _read(self) -> None:
        head = self._head or read_head(self._data)
        if head is Unfit.OTHER:
            self._hand_over()
        elif isinstance(head, CommandHead):
            self._take(head)

    def _take(self, head: CommandHead) -> None:
        if len(self._data) < head.size:
            self._head = head
            return
        body, self._data = self._data[head.head_size : head.size], self._data[head.size :]
        self._head, self._is_busy = None, True
        task = asyncio.create_task(self._answer(head, body))
        self._door.requests.add(task)
        task.add_done_callback(self._door.requests.discard)

    async def _answer(self, head: CommandHead, body: bytes) -> None:
        reply = await self._reply(head, body)
        if self._transport.is_closing():
            return
        self._transport.write(_written(reply, self._door.world.clock.now()))
        self._is_busy = False
        if self._data:
            self._transport.resume_reading()
            self._read()

    async def _reply(self, head: CommandHead, body: bytes) -> Reply:
        world = self._door.world
        try:
            check_access(world, head.authorization)
            if head.call_control_id is None:
                return await take_dial(world, body)
            return await take_action(world, command_for("POST", head.action), head.call_control_id, body)
        except CarrierError as err:
            return refusal(world, err)
        except ConnectionReset:
            reset(self._transport)
            return Reply(b"")  # which is never sent
        except Exception:  # noqa: BLE001 - whatever it is, the client gets a response and the next one is served
            _log.exception("a command was not answered")
            return _BROKEN

    def _hand_over(self) -> None:
        protocol = self._door.aiohttp_server()
        self._door.connections.discard(self)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._data)


def _written(reply: Reply, now: float) -> bytes:
    own = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items()).encode("ascii")
    return b"%b%bContent-Length: %d\r\n%b%b" % (
        _status_line(reply.status),
        own,
        len(reply.body),
        _ending(int(now)),
        reply.body,
    )


@lru_cache(maxsize=64)
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n".encode("ascii")


@lru_cache(maxsize=2)
def _ending(second: int) -> bytes:
    return f"Date: {http_date(second)}\r\nServer: {SERVER_SOFTWARE}\r\n\r\n".encode("ascii")
