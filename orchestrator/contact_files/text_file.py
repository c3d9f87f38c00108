"""Reads a text file of any encoding as UTF-8; undecodable bytes stay invalid in their own line."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from orchestrator.contact_files.byte_lines import Readable
from orchestrator.contact_files.text_encoding import Encoding

_CHUNK = 1 << 16
_WRONG = b"\xff"  # occurs in no UTF-8


class TextFile:
    """Bytes of `file` as UTF-8, without its byte order mark; what begins it is seen before it is read.

    What the encoding does not read becomes bytes that are no UTF-8, in the same line.
    """

    def __init__(self, file: Readable, encoding: Encoding) -> None:
        self._file = file
        self._convert = None if encoding.codec == "utf-8" else _converter(encoding.codec)
        raw = b""
        while len(raw) < _CHUNK and b"\n" not in raw and (more := file.read(_CHUNK)):
            raw += more
        self.raw_head = raw
        self.head = self._ahead = self._converted(raw[encoding.mark :])

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; nothing at the end."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        while chunk := self._file.read(size):
            if converted := self._converted(chunk):
                return converted
        return self._rest()

    def _converted(self, chunk: bytes) -> bytes:
        return self._convert(chunk, False) if self._convert else chunk

    def _rest(self) -> bytes:
        if self._convert is None:
            return b""
        convert, self._convert = self._convert, None
        return convert(b"", True)


def _converter(encoding: str) -> Callable[[bytes, bool], bytes]:
    wide = encoding.startswith("utf")
    decoder = codecs.getincrementaldecoder(encoding)(errors="surrogatepass" if wide else "surrogateescape")

    def convert(chunk: bytes, is_last: bool) -> bytes:
        try:
            return decoder.decode(chunk, is_last).encode("utf-8", "surrogatepass")  # lone surrogates are no UTF-8
        except UnicodeDecodeError:
            decoder.reset()
            return _WRONG

    return convert
