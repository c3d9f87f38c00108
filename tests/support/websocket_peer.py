"""A websocket client made by hand, that can also misbehave."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

_TEXT, _CONTINUATION, _CLOSE, _PING = 1, 0, 8, 9


class Peer:
    """One open websocket, as the carrier's end of it."""

    def __init__(self, connected: socket.socket, rest: bytes) -> None:
        self._socket = connected
        self._read = rest

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, *frames: object) -> None:
        """Send frames: a string as it is, anything else as JSON; one that nobody takes any more is no error."""
        for frame in frames:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            with suppress(ConnectionError):
                self._socket.sendall(_masked(_TEXT, text.encode()))

    def say_in_parts(self, parts: Sequence[bytes]) -> None:
        """Send one message in several frames."""
        for number, part in enumerate(parts):
            code = _TEXT if number == 0 else _CONTINUATION
            with suppress(ConnectionError):
                self._socket.sendall(_masked(code, part, is_last=number == len(parts) - 1))

    def say_bytes_until_closed(self, payload: bytes) -> None:
        """Send one huge frame, as far as the other side lets it through."""
        with suppress(ConnectionError):
            self._socket.sendall(_masked(_TEXT, payload))

    def send_raw(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(raw)

    def hear(self, count: int) -> list[tuple[dict[str, Any], float]]:
        """Return the next frames, each with its time of arrival."""
        heard: list[tuple[dict[str, Any], float]] = []
        for code, payload in self._frames():
            if code == _TEXT:
                heard.append((json.loads(payload), time.monotonic()))
            if len(heard) == count:
                return heard
        raise AssertionError(f"closed after {len(heard)} frames")

    def wait_closed(self) -> None:
        """Read until the other side has hung up."""
        with suppress(ConnectionError):
            for _ in self._frames():
                pass

    def vanish(self) -> None:
        """Cut the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while (head := self._take(2)) is not None:
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self._take(2 if size == 126 else 8) or b"")
            yield head[0] & 0x0F, self._take(size) or b""

    def _take(self, size: int) -> bytes | None:
        while len(self._read) < size:
            more = self._socket.recv(65_536)
            if not more:
                return None
            self._read += more
        taken, self._read = self._read[:size], self._read[size:]
        return taken


def peer(url: str) -> Peer:
    """Open a websocket; fail unless it is accepted."""
    connected, status, rest = _shake_hands(url)
    assert status == 101, status
    return Peer(connected, rest)


def refused_with(url: str) -> int:
    """Try to open a websocket and return the status of the refusal."""
    connected, status, _ = _shake_hands(url)
    connected.close()
    return status


def _shake_hands(url: str) -> tuple[socket.socket, int, bytes]:
    parts = urlsplit(url)
    connected = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    connected.sendall("\r\n".join([*lines, "", ""]).encode())
    read = b""
    while b"\r\n\r\n" not in read:
        more = connected.recv(4_096)
        assert more, "closed in mid-handshake"
        read += more
    head, _, rest = read.partition(b"\r\n\r\n")
    return connected, int(head.split(b" ", 2)[1]), rest


def _masked(code: int, payload: bytes, *, is_last: bool = True) -> bytes:
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65_536:
        length = b"\xfe" + struct.pack("!H", size)
    else:
        length = b"\xff" + struct.pack("!Q", size)
    return bytes(((0x80 if is_last else 0) | code,)) + length + bytes(4) + payload  # a mask of zeros changes nothing


def media_frame(chunk: int, *, sound: bytes = b"\x80" * 160, track: str = "inbound") -> dict[str, object]:
    payload = base64.b64encode(sound).decode()
    return {"event": "media", "media": {"track": track, "chunk": str(chunk), "timestamp": "0", "payload": payload}}
