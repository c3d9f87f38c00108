"""One connection to one server, kept between requests whose bytes are given, and bounded in time and size.

A pool asks of every request where it goes, how often it may be repeated and whom else it could lead to. Here that is
known beforehand: to the one server, once, and nowhere else. What is left out costs twice what the exchange itself does.
"""

from __future__ import annotations

import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from orchestrator.clock import boot_seconds
from orchestrator.web.bounded_http import Budget, bounded_connections
from orchestrator.web.egress import Egress

BROKEN: Final = (HTTPError, HTTPException, OSError)
"""Exceptions of an exchange: unreachable, not trusted, timed out, cut off, no HTTP, too long."""

_SHORTEST_S = 0.001
_ENDS_IN_RESET: Final = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # linger for 0 s
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
_FIRST_FINAL = 200
_GZIP_OR_ZLIB: Final = 47  # zlib's word for: whichever of them it is


class Answered(NamedTuple):
    """One whole answer; names of headers are in lower case, and of a repeated one the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class KeptConnection:
    """The connection to the server of `url`, made when it is needed; its thread starts `budget` before each use.

    What has been given up must not reach the server later: the system would go on sending it for minutes, longer than
    the carrier knows a dial again. So the connection ends in a reset whoever closes it, be it the end of this process;
    and what the network has not taken within `whole_timeout_s` is dropped, even if this process stands still.

    Environment, redirects and repeats are none of its business: a request is sent once, to this server. With `address`
    it goes there, without a look-up of the name, whose certificate is asked for all the same.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout_s: float,
        whole_timeout_s: float,
        egress: Egress,
        address: str | None = None,
        age_clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._connection: Any = None
        self.budget = Budget(clock=age_clock)
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or {"https": 443}.get(parts.scheme, 80)
        self._timeout_s = connect_timeout_s
        self._socket: Any = {"socket_options": _options(whole_timeout_s)}
        self._proxy = egress.proxy_to(self._scheme, self._host, self._port)
        self._class: Any = bounded_connections(self.budget)[self._scheme]
        self._tls = _tls_of(self._host, address, egress) if self._scheme == "https" else {}
        self._host = address or self._host

    def __del__(self) -> None:
        """Close the connection with the thread whose it was: a thread that ends tells nobody."""
        self.close()

    def exchange(self, method: str, request: bytes, *, most_bytes: int) -> Answered:
        """Send a request and return its answer, of at most `most_bytes`; raises one of BROKEN.

        `budget.sent` says then whether any of it was sent. After an error the connection is closed: what still comes on
        it answers nobody.
        """
        connection = self._ready()
        try:
            connection.send(request)
            response = connection.response_class(connection.sock, method=method)
            try:
                response.begin()
                if response.status < _FIRST_FINAL:  # the answer itself is still to come, and would answer the next
                    raise HTTPException(f"{response.status} before the answer")
                answered = _read(response, most_bytes)
            finally:
                response.close()
        except BaseException as err:
            self.close()
            if isinstance(err, ValueError) and not isinstance(err, BROKEN):
                raise HTTPException("the answer is no HTTP") from err
            raise
        if response.will_close:
            self.close()
        return answered

    def status_of(self, method: str, request: bytes, *, most_bytes: int, rest_s: float) -> int:
        """Send a request and return the status of its answer; raises one of BROKEN where there is none.

        What follows the status changes nothing: a body that is longer, or takes longer, costs the connection alone.
        """
        connection = self._ready()
        try:
            connection.send(request)
            response = connection.response_class(connection.sock, method=method)
            response.begin()
        except BaseException as err:
            self.close()
            if isinstance(err, ValueError) and not isinstance(err, BROKEN):
                raise HTTPException("the answer is no HTTP") from err
            raise
        self.budget.shorten(rest_s)
        if not _is_drained(response, most_bytes) or response.will_close:
            self.close()
        return int(response.status)

    def close(self) -> None:
        """Close the connection; the next exchange makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ready(self) -> Any:
        if self._connection is not None and self._connection.is_connected:  # nothing to read: the other side is there
            self._connection.sock.settimeout(max(self.budget.left(), _SHORTEST_S))  # one that is over ends at its send
            return self._connection
        self.close()
        self._connection = self._new()
        return self._connection

    def _new(self) -> Any:
        if self._proxy is None:
            return self._class(self._host, self._port, timeout=self._timeout_s, **self._socket, **self._tls)
        proxy = parse_url(self._proxy.address)
        at_proxy = {"timeout": self._timeout_s, "proxy": proxy, **self._socket, **self._tls}
        connection = self._class(proxy.host, proxy.port, **at_proxy)
        connection.set_tunnel(self._host, self._port, headers=self._proxy.headers)
        return connection


def _options(whole_timeout_s: float) -> list[tuple[int, int, int | bytes]]:
    options = [*HTTPConnection.default_socket_options, _ENDS_IN_RESET]
    if _USER_TIMEOUT is not None:
        options.append((socket.IPPROTO_TCP, _USER_TIMEOUT, max(1, round(whole_timeout_s * 1000))))
    return options


def _tls_of(host: str, address: str | None, egress: Egress) -> dict[str, Any]:
    names = {} if address is None else {"server_hostname": host, "assert_hostname": host}
    context = egress.new_tls() if address is None else egress.tls
    return {"ssl_context": context, "cert_reqs": "CERT_REQUIRED", **names}


def _is_drained(response: HTTPResponse, most_bytes: int) -> bool:
    """Return whether all of the answer has been read, so that the next request has the connection for itself."""
    try:
        return (
            response.status >= _FIRST_FINAL and len(response.read(most_bytes + 1)) <= most_bytes and not response.length
        )
    except BROKEN:
        return False
    finally:
        response.close()


def _read(response: HTTPResponse, most_bytes: int) -> Answered:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers.setdefault(name.lower(), value)
    body = response.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise HTTPException(f"the answer is longer than {most_bytes} bytes")
    if response.length:
        raise IncompleteRead(body, response.length)
    if headers.get("content-encoding", "identity") != "identity":
        body = _decoded(body, most_bytes)
    return Answered(response.status, headers, body)


def _decoded(body: bytes, most_bytes: int) -> bytes:
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, most_bytes)
    except zlib.error as err:
        raise HTTPException("the answer is compressed in a form that nobody asked for") from err
