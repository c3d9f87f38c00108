"""Lines of a CSV file with push-back, and its first rows, where the header is searched."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from orchestrator.contact_files.byte_lines import ByteLine
from orchestrator.contact_files.csv_cells import is_blank
from orchestrator.contact_files.csv_header import DELIMITERS, LOOKED_AT, declared_delimiter

_BLANKS = str.maketrans("", "", "".join(DELIMITERS) + '"')
_MOST_LINES = 20  # of one header: its names may hold line breaks


class CsvLines:
    """The lines of a file, one after another."""

    def __init__(self, lines: Iterator[ByteLine]) -> None:
        self._lines = lines
        self._ahead: deque[ByteLine] = deque()

    def next(self) -> ByteLine | None:
        """Return the next line; None at the end."""
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def put_back(self, lines: Iterable[ByteLine]) -> None:
        """Push these lines back."""
        self._ahead.extendleft(reversed(list(lines)))


class TopRow(NamedTuple):
    """A row near the top: its number, its text, and its lines with the blank ones above it."""

    number: int
    text: str
    lines: list[ByteLine]


class Top(NamedTuple):
    """The first rows that are not blank, the delimiter that the first line declares, and an unreadable line."""

    rows: list[TopRow]
    declared_delimiter: str | None
    unreadable: ByteLine | None


def read_top(lines: CsvLines, *, codec: str) -> Top:
    """Take the first rows, up to one that is too long or not in `codec`, which is left."""
    rows: list[TopRow] = []
    taken: list[ByteLine] = []
    number, separator = 0, None
    while len(rows) < LOOKED_AT and (line := lines.next()) is not None:
        taken.append(line)
        text = _text_of(line, codec)
        if text is None:
            lines.put_back(taken)
            return Top(rows, separator, line)
        if not rows and separator is None and (separator := declared_delimiter(text)):
            taken = []
            continue
        number += 1
        if is_blank(text.translate(_BLANKS)):
            continue
        if text.count('"') % 2:
            text += _rest_of(lines, taken, codec)
        rows.append(TopRow(number, text, taken))
        taken = []
    lines.put_back(taken)
    return Top(rows, separator, None)


def _rest_of(lines: CsvLines, taken: list[ByteLine], codec: str) -> str:
    """Return the lines to the end of a quoted name, and add them to `taken`; none if it has no end nearby."""
    more: list[ByteLine] = []
    rest = ""
    while len(more) < _MOST_LINES and (line := lines.next()) is not None:
        more.append(line)
        text = _text_of(line, codec)
        if text is None:
            break
        rest += text
        if text.count('"') % 2:
            taken += more
            return rest
    lines.put_back(more)
    return ""


def _text_of(line: ByteLine, codec: str) -> str | None:
    try:
        return None if line.data is None else line.data.decode(codec)
    except UnicodeDecodeError:
        return None
