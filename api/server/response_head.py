"""How an answer stands on the wire: its head, its framing, and the headers that every answer has."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache

LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# No page of ours is framed, guessed at, kept by a cache or named to others; what needs less strictness says so itself.
EVERYWHERE = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
_EVERYWHERE = tuple((name.lower(), f"{name}: {value}\r\n") for name, value in EVERYWHERE)


def head_bytes(status: str, headers: Iterable[tuple[str, str]], *, framing: str) -> bytes:
    """Return the head of an answer; `framing` are the lines that say where its body and the connection end."""
    lines, given = [], set()
    for name, value in headers:
        lines.append(f"{name}: {value}\r\n")
        given.add(name.lower())
    lines += [line for name, line in _EVERYWHERE if name not in given]
    if "date" not in given:
        lines.append(f"Date: {_date(int(time.time()))}\r\n")
    head = f"HTTP/1.1 {status}\r\n{''.join(lines)}{framing}\r\n"
    return head.encode("latin-1")


def chunk(piece: bytes) -> bytes:
    """Return `piece` as a chunk."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
