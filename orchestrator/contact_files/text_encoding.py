"""Detects the encoding of a text file: by a byte order mark, as valid UTF-8, or as certain Windows-1252."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from orchestrator.contact_files.byte_lines import WholeFile, byte_lines
from orchestrator.contact_files.windows_1252 import Judgement

UNKNOWN: Final = "unknown"
KNOWN: Final = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    *(f"windows-{number}" for number in range(1250, 1259)),
    *(f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 7, 9, 10, 13, 15, 16)),
    "macintosh",
    "mac-latin2",
    "cp437",
    "cp850",
    "cp852",
    "koi8-r",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
)
"""Encodings that a client may name."""

_NAMES = {"utf-16": "utf-16-le"}
_CHUNK = 1 << 16
_LOOKED_AT = 512
_LONGEST_LINE = 64 * 1024
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Letters and punctuation as UTF-8 between plain characters, with second bytes that follow no letter in Windows-1252.
_SURELY_UTF8 = re.compile(
    rb"(?<![\x80-\xff])(?:\xc3[\x80\x81\x83\x86-\x90\x98\x9a\x9c-\x9f\xa1-\xaa\xac\xad\xaf-\xba\xbc-\xbf]"
    rb"|[\xc4\xc5][\x80-\xbf]|\xe2\x80[\x93\x94\x98-\x9e\xa6])+(?![\x80-\xff])"
)
# A single letter of another script (Armenian, Hebrew, phonetic …) in or behind a word of plain letters: valid UTF-8,
# but rather two characters of one byte each, such as an apostrophe and a letter of a Mac.
_HARDLY_UTF8 = re.compile(
    rb"[A-Za-z][\xc9-\xcb\xce-\xdf][\x80-\xbf][A-Za-z]"
    rb"|[A-Za-z]{2}[\xc9-\xcb\xce-\xdf][\x80-\xbf](?![\x80-\xff])"
)


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file; `mark` is the length of its byte order mark.

    `name` is reported to clients; `unknown` reads plain ASCII lines only.
    """

    name: str
    mark: int = 0

    @property
    def codec(self) -> str:
        """What Python calls it; a file of unknown encoding is left as it is."""
        return "utf-8" if self.name == UNKNOWN else self.name

    @property
    def of_lines(self) -> str:
        """What lines are decoded from, once the file is read as UTF-8."""
        return "ascii" if self.name == UNKNOWN else "utf-8"

    def blame(self, place: int, byte: int) -> str:
        """Return why a line is not read, and what to do."""
        if self.codec != "utf-8":
            return f"it holds bytes that are no {self.name}; save the file as CSV UTF-8"
        why = f"byte {place} (0x{byte:02x}) is not UTF-8"
        if self.name == UNKNOWN:
            why = f"byte {place} (0x{byte:02x}) is neither UTF-8 nor surely Windows-1252"
        return f"{why}; save the file as CSV UTF-8, or name its encoding, such as encoding=windows-1252"


def encoding_of(file: WholeFile, named: str | None) -> Encoding:
    """Return the encoding of `file`, which is at its start afterwards: its mark's, else the one that a client names.

    Not one byte is guessed: what is neither UTF-8 nor surely Windows-1252 is `unknown`.
    """
    file.seek(0)
    head = file.read(_CHUNK)
    encoding = _marked(head) or (Encoding(_NAMES.get(named, named)) if named else None) or _wide(head)
    if encoding is None:
        encoding = Encoding("utf-8") if _is_utf8(file, head) else _judged(file)
    file.seek(0)
    return encoding


def _marked(head: bytes) -> Encoding | None:
    return next((Encoding(name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), None)


def _wide(head: bytes) -> Encoding | None:
    """Return UTF-16 for text without a mark: every other byte of plain characters is zero, and none of the others."""
    even, odd = head[:_LOOKED_AT:2], head[1:_LOOKED_AT:2]
    if odd.count(0) * 2 > len(odd) and 0 not in even:
        return Encoding("utf-16-le")
    if even.count(0) * 2 > len(even) and 0 not in odd:
        return Encoding("utf-16-be")
    return None


def _is_utf8(file: WholeFile, head: bytes) -> bool:
    """Return whether all is UTF-8, but for a character that the end of the file cuts off: its line alone is wrong."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk, is_strange, is_sure = head, False, False
    try:
        while chunk:
            decoder.decode(chunk)
            if not is_sure and not chunk.isascii():
                is_sure = _SURELY_UTF8.search(chunk) is not None
                is_strange = is_strange or _HARDLY_UTF8.search(chunk) is not None
            chunk = file.read(_CHUNK)
    except UnicodeDecodeError:
        return False
    return is_sure or not is_strange


def _judged(file: WholeFile) -> Encoding:
    """Return the encoding of a file that is not whole UTF-8, by those of its lines that are not ASCII."""
    file.seek(0)
    windows, as_utf8, broken = Judgement(), 0, 0
    for line in byte_lines(file, longest=_LONGEST_LINE):
        if line.data is None or line.data.isascii():
            continue
        as_utf8 += _SURELY_UTF8.search(line.data) is not None
        broken += not _decodes(line.data)
        windows.hear(line.data)
    if as_utf8:
        return Encoding("utf-8" if as_utf8 >= broken else UNKNOWN)  # some lines are damaged, or of another file
    return Encoding("windows-1252" if windows.is_sure else UNKNOWN)


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
