"""Speaks into many streams, or sends many forks, a piece every 20 ms each, spread over those 20 ms as in life."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from orchestrator.local_stack.interrupts import pause

PIECE_S = 0.02
FIRST_WORDS = 10
_SLICES = 20
_SOUND = bytes(range(160))


class Speakers:
    """Open streams (host, port, path), each of which has said its first words."""

    def __init__(self, urls: Sequence[tuple[str, int, str]], *, pieces: int) -> None:
        self._frames = [_frame(number) for number in range(1, FIRST_WORDS + pieces + 1)]
        self._sockets = [_open(*url) for url in urls]
        self._say(range(FIRST_WORDS))

    def speak(self) -> float:
        """Say the rest; return how many seconds behind its pace it ended."""
        return self._say(range(FIRST_WORDS, len(self._frames)))

    def close(self) -> None:
        """Hang up."""
        for each in self._sockets:
            each.close()

    def _say(self, pieces: range) -> float:
        return _pace(
            pieces, len(self._sockets), lambda piece, number: self._sockets[number].sendall(self._frames[piece])
        )


def frame_bytes(pieces: int) -> int:
    """Return how many bytes the first pieces of a stream have."""
    return sum(len(_frame(number)) for number in range(1, pieces + 1))


def fork(address: tuple[str, int], legs: Sequence[str], *, pieces: int, starts: Sequence[int] = ()) -> float:
    """Send so many packets of each leg's A side to one port, each leg's first with its number in `starts`, or 0.

    Returns how many seconds behind its pace it ended.
    """
    starts = starts or [0] * len(legs)
    headers = [bytes((0xC4, 24, 0, 0, 0, 0, 0, 0)) + UUID(leg).bytes for leg in legs]
    numbers = range(max(starts) + pieces)
    packets = [struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160, 7) + _SOUND for number in numbers]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.connect(address)

        def send(piece: int, number: int) -> object:
            return sending.send(headers[number] + packets[starts[number] + piece])

        return _pace(range(pieces), len(legs), send)


def _pace(pieces: range, senders: int, send: Callable[[int, int], object]) -> float:
    began, ahead = time.perf_counter(), 0.0
    for turn, piece in enumerate(pieces):
        for part in range(_SLICES):
            for number in range(part, senders, _SLICES):
                send(piece, number)
            ahead = began + (turn + (part + 1) / _SLICES) * PIECE_S - time.perf_counter()
            if ahead > 0:
                pause(ahead)
    return max(0.0, -ahead)


def _open(host: str, port: int, path: str) -> socket.socket:
    connected = socket.create_connection((host, port))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
    connected.sendall("\r\n".join(lines).encode())
    answer = connected.recv(4_096)
    if b" 101 " not in answer:
        raise AssertionError(answer[:200])
    return connected


def _frame(number: int) -> bytes:
    payload = base64.b64encode(_SOUND).decode()
    media = {"track": "inbound", "chunk": str(number), "timestamp": str(20 * number), "payload": payload}
    ident = "32c1f0aa-8e0b-4b63-9d2a-11f7a4e0c9d5"
    text = json.dumps({"event": "media", "sequence_number": str(number + 1), "stream_id": ident, "media": media})
    return b"\x81\xfe" + struct.pack("!H", len(text)) + bytes(4) + text.encode()  # masked with zeros: text as it is
