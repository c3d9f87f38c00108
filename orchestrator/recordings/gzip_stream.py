"""Decompresses a gzip stream, also if the server sends it without being asked and without a header."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from urllib3.exceptions import ProtocolError

_MAGIC: Final = b"\x1f\x8b"  # with which no WAVE file and no MPEG frame begins
_WITH_GZIP_HEAD: Final = zlib.MAX_WBITS | 16
_PIECE: Final = 65_536


def decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks, those of gzip decompressed and 64 KiB at most; raises ProtocolError for broken gzip."""
    following = iter(pieces)
    head = b""
    while len(head) < len(_MAGIC) and (piece := next(following, b"")):
        head += piece
    whole = chain([head] if head else [], following)
    yield from _gunzip(whole) if head.startswith(_MAGIC) else whole


def _gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_WITH_GZIP_HEAD)
    for piece in pieces:
        while piece and not unpacking.eof:
            yield _decompress_some(unpacking, piece)
            piece = unpacking.unconsumed_tail
    if not unpacking.eof:
        raise ProtocolError("what was packed ends early")


def _decompress_some(unpacking: zlib._Decompress, piece: bytes) -> bytes:
    try:
        return unpacking.decompress(piece, _PIECE)
    except zlib.error as err:
        raise ProtocolError("what was packed is broken") from err
