"""Answers that are one piece, and are given so often that their bytes are kept."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import NamedTuple

from flask import Response

from api.server.response_head import head_bytes


class Plain(NamedTuple):
    """An answer in its parts; its headers tell its length."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def on_the_wire(self, *, keeps_alive: bool) -> bytes:
        """Return the whole answer."""
        return _bytes_of(self, keeps_alive, int(time.time()))


def plain_of(response: Response) -> Plain:
    """Return `response`, which was made with its body, in its parts."""
    return Plain(response.status, tuple(response.headers), response.get_data())


@lru_cache(maxsize=256)
def _bytes_of(plain: Plain, keeps_alive: bool, _second: int) -> bytes:
    framing = "" if keeps_alive else "Connection: close\r\n"
    return head_bytes(plain.status, plain.headers, framing=framing) + plain.body
