"""One answer on its way out: its head and first bytes at once, the rest only as fast as it is read."""

from __future__ import annotations

from api.server.request_head import Head
from api.server.response_head import LAST_CHUNK, chunk, head_bytes
from api.server.wsgi import Answer, has_no_body


class Outgoing:
    """Frames the pieces of one answer."""

    def __init__(self, answer: Answer, head: Head, *, keeps_alive: bool) -> None:
        self._answer = answer
        self._length = next((int(v) for name, v in answer.headers if name.lower() == "content-length"), None)
        self._is_empty = has_no_body(head.method, answer.status)
        is_long = answer.more is not None and not self._is_empty
        self._is_chunked = is_long and self._length is None and head.version == "1.1"
        self.is_ended_by_connection = is_long and self._length is None and not self._is_chunked
        self.keeps_alive = keeps_alive and not self.is_ended_by_connection
        self._sent = 0

    @property
    def is_over(self) -> bool:
        """Say whether everything was handed out."""
        return self._is_empty or self._answer.more is None

    @property
    def is_short(self) -> bool:
        """Say whether less came than was announced, so that the client must not take it for the whole."""
        return self.is_over and not self._is_empty and self._length is not None and self._sent != self._length

    def first(self) -> bytes:
        """Return the head with the first bytes."""
        answer = self._answer
        framing = "" if self.keeps_alive else "Connection: close\r\n"
        if self._is_chunked:
            framing += "Transfer-Encoding: chunked\r\n"
        elif self._length is None and answer.more is None and not self._is_empty:
            framing += f"Content-Length: {len(answer.body)}\r\n"
        head = head_bytes(answer.status, answer.headers, framing=framing)
        return head if self._is_empty else head + self.next(answer.body)

    def next(self, piece: bytes) -> bytes:
        """Return `piece` as it goes on the wire, with the end behind it if it was the last."""
        self._sent += len(piece)
        if not self._is_chunked:
            return piece
        framed = chunk(piece) if piece else b""
        return framed + LAST_CHUNK if self._answer.more is None else framed
