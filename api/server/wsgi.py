"""Calls a WSGI application with a whole request, and takes its answer piece by piece."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from api.server.request_head import Head

PIECE = 64 * 1024
_BARE = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_OF_THE_WIRE = (b"content-length", b"transfer-encoding", b"expect", b"connection", b"keep-alive", b"upgrade")

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Answer:
    """An answer with its first bytes; `more` gives what follows, None when that was all."""

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    more: Iterator[bytes] | None = None
    close: Callable[[], None] = lambda: None

    def next_bytes(self) -> bytes:
        """Return the next bytes of a long answer, nothing at its end."""
        collected: list[bytes] = []
        size = 0
        while size < PIECE and self.more is not None:
            piece = next(self.more, None)
            if piece is None:
                self.end()
            else:
                collected.append(piece)
                size += len(piece)
        return b"".join(collected)

    def end(self) -> None:
        """Give back what the answer is read from; safe to repeat."""
        self.more, close, self.close = None, self.close, lambda: None
        close()


def call(app: App, environ: dict[str, Any]) -> Answer:
    """Return the application's answer, whole if it fits into one piece."""
    answer = Answer()

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        answer.status, answer.headers = status, headers

    returned = app(environ, start_response)
    answer.more, answer.close = iter(returned), getattr(returned, "close", answer.close)
    try:
        answer.body = answer.next_bytes()
    except BaseException:
        answer.end()
        raise
    return answer


def has_no_body(method: str, status: str) -> bool:
    """Say whether an answer ends with its head (RFC 9112, section 6.3)."""
    return method == "HEAD" or int(status[:3]) in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def environ_of(head: Head, body: IO[bytes], *, length: int, peer: Any, here: Any) -> dict[str, Any]:
    """Return the WSGI environment (PEP 3333); the length is that of the body as it came, however it was announced."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(head.path).decode("latin-1"),
        "QUERY_STRING": head.query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{head.version}",
        "SERVER_NAME": here[0] if here else "",
        "SERVER_PORT": str(here[1]) if here else "",
        "REMOTE_ADDR": peer[0] if peer else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in head.headers.items():
        if name not in _OF_THE_WIRE:
            key = _BARE.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
            environ[key] = value.decode("latin-1")
    if head.has_body:
        environ["CONTENT_LENGTH"] = str(length)
    return environ
