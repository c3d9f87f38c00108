"""An HTTP transport with a time limit for the whole exchange, which records whether anything was sent."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from orchestrator.clock import boot_seconds


class Budget:
    """The time one exchange has left, in seconds of a clock that goes on while the machine is suspended.

    `received` counts the bytes of the answer so far, headers too.
    """

    __slots__ = ("_clock", "_send_before", "_until", "received", "sent")

    def __init__(self, *, clock: Callable[[], float] = boot_seconds) -> None:
        self._clock = clock
        self._until = self._send_before = 0.0
        self.sent, self.received = False, 0

    def start(self, seconds: float, *, send_before: float | None = None) -> None:
        """Begin an exchange of at most `seconds`, sent before `send_before` on the same clock or not at all."""
        self._until = self._clock() + seconds
        self._send_before = self._until if send_before is None else send_before
        self.sent, self.received = False, 0

    def shorten(self, seconds: float) -> None:
        """Leave at most `seconds` for the rest of the exchange."""
        self._until = min(self._until, self._clock() + seconds)

    def left(self) -> float:
        """Return the seconds left, at most 0.0 when they are over."""
        return self._until - self._clock()

    def left_to_send(self) -> float:
        """Return the seconds left in which the first byte may leave."""
        return min(self._until, self._send_before) - self._clock()


def bounded_pools(budget: Budget) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools by scheme whose connections spend `budget`."""
    connections = bounded_connections(budget)
    return {
        "http": _pool(HTTPConnectionPool, connections["http"]),
        "https": _pool(HTTPSConnectionPool, connections["https"]),
    }


def bounded_connections(budget: Budget) -> dict[str, type[HTTPConnection]]:
    """Return connections by scheme that spend `budget`: to its last byte, and nothing is sent after its time.

    A read timeout bounds one read, so a server that drips holds a request for ever; here each read gets what is left.
    """
    return {"http": _connection(HTTPConnection, budget), "https": _connection(HTTPSConnection, budget)}


def _pool(base: type[HTTPConnectionPool], connection: type[HTTPConnection]) -> type[HTTPConnectionPool]:
    return type(f"Bounded{base.__name__}", (base,), {"ConnectionCls": connection})


def _connection(base: type[HTTPConnection], budget: Budget) -> type[HTTPConnection]:
    class Response(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp: io.BufferedReader = io.BufferedReader(_BoundedReader(self.fp.detach(), sock, budget))

    class Connection(base):  # type: ignore[valid-type,misc]  # a class per budget, over either scheme's base
        response_class = Response
        is_connecting = False

        def connect(self) -> None:
            self.timeout = min(vars(self)["timeout"], _left_to_send(self, budget))
            self.is_connecting = True  # what a proxy is asked meanwhile is not yet the request
            try:
                super().connect()
            finally:
                self.is_connecting = False

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            if not budget.sent and not self.is_connecting:
                # Names, handshakes and a suspended machine take time nobody bounds: too late means never.
                _left_to_send(self, budget)
                budget.sent = True
            super().send(data)

    return Connection


class _BoundedReader(io.RawIOBase):
    """Reads a socket, each time with no more patience than the budget has left."""

    def __init__(self, raw: Any, sock: socket.socket, budget: Budget) -> None:
        self._raw, self._sock, self._budget = raw, sock, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._budget.left()
        if left <= 0:
            raise TimeoutError("the whole exchange took too long")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        self._budget.received += count or 0
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _left_to_send(connection: Any, budget: Budget) -> float:
    left = budget.left_to_send()
    if left <= 0:
        raise ConnectTimeoutError(connection, "the time for the whole exchange ran out before anything was sent")
    return left
