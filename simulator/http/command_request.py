"""Requests for dials and actions, read from the bytes of a connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

import httptools

_MAX_BODY_BYTES = 2**20  # aiohttp refuses a larger one
_MAX_HEAD_BYTES = 16 * 1024
_START = b"POST /v2/calls"
_TARGET = re.compile(rb"/v2/calls(?:/([\w:=-]+)/actions/(\w+))?")
_UNUSUAL = frozenset({b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"})


class Unfit(Enum):
    """Why there is no such request at the start of these bytes."""

    INCOMPLETE = auto()
    OTHER = auto()  # another request, or an unusual way of sending one


@dataclass(frozen=True, slots=True)
class CommandHead:
    """The head of a dial, or of an action on a call; `size` is how long head and body are together."""

    call_control_id: str | None  # None: a dial
    action: str
    authorization: str
    head_size: int
    size: int


def read_head(data: bytes) -> CommandHead | Unfit:
    """Return the head of the request that these bytes begin with."""
    if not data.startswith(_START[: len(data)]):
        return Unfit.OTHER
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return Unfit.INCOMPLETE if len(data) <= _MAX_HEAD_BYTES else Unfit.OTHER
    head = _Head()
    parser = httptools.HttpRequestParser(head)
    try:
        parser.feed_data(data[:end])
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return Unfit.OTHER
    found = _TARGET.fullmatch(head.target)
    length = int(head.headers.get(b"content-length", 0))
    is_plain = parser.get_http_version() == "1.1" and parser.should_keep_alive() and not _UNUSUAL & head.headers.keys()
    if found is None or not is_plain or length > _MAX_BODY_BYTES:
        return Unfit.OTHER
    call_control_id, action = (part.decode() if part else "" for part in found.groups())
    return CommandHead(
        call_control_id=call_control_id or None,
        action=action,
        authorization=head.headers.get(b"authorization", b"").decode("utf-8", "surrogateescape"),
        head_size=end,
        size=end + length,
    )


class _Head:
    """What the parser finds."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: dict[bytes, bytes] = {}

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.setdefault(name.lower(), value)
