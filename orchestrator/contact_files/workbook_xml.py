"""Reads the parts of a workbook that say where a sheet is, and what its cells hold."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from orchestrator.contact_files.workbook_archive import broken

Attributes = dict[str, str]


@dataclass
class Handlers:
    """What is told of each element, by its name without a prefix."""

    start: Callable[[str, Attributes], None]
    end: Callable[[str], None] = lambda _name: None
    text: Callable[[str], None] = lambda _text: None


def feed(pieces: Iterable[bytes], handlers: Handlers) -> Iterator[None]:
    """Parse XML piece by piece; yields after each. Refuses what is no XML, and declarations that could explode."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: handlers.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: handlers.end(_local(name))
    parser.CharacterDataHandler = handlers.text
    parser.StartDoctypeDeclHandler = _refuse_declaration
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as err:
        raise broken("it is not whole, or no XML") from err
    yield


def parse(pieces: Iterable[bytes], handlers: Handlers) -> None:
    """Parse XML to its end."""
    for _ in feed(pieces, handlers):
        pass


@dataclass
class SheetNames:
    """The sheets of `xl/workbook.xml`: (name, relation, is it hidden), and whether dates count from 1904."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    counts_from_1904: bool = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Enter a sheet."""
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if _local(key) == "id" and ":" in key), "")
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), relation, is_hidden))
        elif name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "0") in ("1", "true")


class Strings:
    """The texts that cells share, in as much memory as their bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q")
        self._is_text, self._is_phonetic = False, False

    def __getitem__(self, index: int) -> str:
        """Return one of them; raises IndexError."""
        if not 0 <= index < len(self._ends):
            raise IndexError(index)
        begin = self._ends[index - 1] if index else 0
        return self._bytes[begin : self._ends[index]].decode()

    def start(self, name: str, _attributes: Attributes) -> None:
        """Begin an element."""
        self._is_text = name == "t"
        self._is_phonetic = self._is_phonetic or name == "rPh"

    def text(self, text: str) -> None:
        """Add to the present text; how a text is pronounced (Japanese) is no part of it."""
        if self._is_text and not self._is_phonetic:
            self._bytes += text.encode("utf-8", "surrogatepass")

    def end(self, name: str) -> None:
        """End an element."""
        self._is_text = False
        if name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            self._ends.append(len(self._bytes))


class CellFormats:
    """The number format of each style of `xl/styles.xml`: an id, or a code of the workbook's own."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self._own: dict[str, str] = {}
        self._is_cells = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Enter a format, or a style of cells."""
        if name == "numFmt":
            self._own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._is_cells = True
        elif name == "xf" and self._is_cells:
            ident = attributes.get("numFmtId", "0")
            self.codes.append(self._own.get(ident, f"#{ident}"))

    def end(self, name: str) -> None:
        """Leave the styles of cells."""
        if name == "cellXfs":
            self._is_cells = False


def relations(pieces: Iterable[bytes]) -> dict[str, str]:
    """Return the targets of a part by the ids of its relations."""
    found: dict[str, str] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            found[attributes.get("Id", "")] = attributes.get("Target", "")

    parse(pieces, Handlers(start))
    return found


def _refuse_declaration(*_: Any) -> None:
    raise broken("it declares a document type, as no spreadsheet does")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
