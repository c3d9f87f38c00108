"""Answers that are one piece; of small ones, which are given so often, the bytes are kept."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import NamedTuple

from flask import Response
from werkzeug.wrappers import Request

from api.server.response_head import head_bytes

_KEPT_BYTES = 1024


class Plain(NamedTuple):
    """An answer in its parts; its headers tell its length."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def on_the_wire(self, *, keeps_alive: bool) -> bytes:
        """Return the whole answer."""
        if len(self.body) > _KEPT_BYTES:
            return _bytes_of(self, keeps_alive)
        return _kept_bytes_of(self, keeps_alive, int(time.time()))


def plain_of(response: Response) -> Plain:
    """Return `response`, which was made with its body, in its parts."""
    return Plain(response.status, tuple(response.headers), response.get_data())


def plain_for(asked: Request, response: Response) -> Plain:
    """Return what is sent of `response` to who asked, in its parts: without its body where none is."""
    body, status, headers = response.get_wsgi_response(asked.environ)
    return Plain(status, tuple(headers), b"".join(body))


@lru_cache(maxsize=256)
def _kept_bytes_of(plain: Plain, keeps_alive: bool, _second: int) -> bytes:
    return _bytes_of(plain, keeps_alive)


def _bytes_of(plain: Plain, keeps_alive: bool) -> bytes:
    framing = "" if keeps_alive else "Connection: close\r\n"
    return head_bytes(plain.status, plain.headers, framing=framing) + plain.body
