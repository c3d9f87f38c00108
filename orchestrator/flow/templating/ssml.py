"""Checks SSML, which is well-formed XML with the root `speak`, and escapes values for it."""

from __future__ import annotations

import re
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

ROOT: Final = "speak"
_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}
_NEAR: Final = 20
_NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, however they are written (its rule 2)."""

_IN_WORDS: Final = {
    "not well-formed (invalid token)": "a mark is broken (write & as &amp;, < as &lt;, and an attribute in quotes)",
    "no element found": "an element is not closed",
    "mismatched tag": "an element is closed by another's end",
    "syntax error": f"there is no {ROOT} element",
    "junk after document element": f"something stands behind the {ROOT} element",
}


class _NotSsml(Exception):
    """Raised within the parser: well-formed, and yet no SSML."""


def ssml_fault(text: str) -> str | None:
    """Return why the text is no SSML, None if it is."""
    if not text.strip():
        return f"there is no {ROOT} element"
    try:
        _parse(text)
    except _NotSsml as err:
        return str(err)
    except ExpatError as err:
        return f"{_in_words(str(err))}{_near(text, err)}"
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair"
    return None


def begins_as_ssml(text: str) -> bool:
    """Whether a text is surely meant to be SSML."""
    return re.match(rf"\s*(<\?xml\b[^>]*>\s*)?<{ROOT}\b", text) is not None


def filled_into_ssml(text: str) -> str:
    """Return a value escaped as text of an SSML document."""
    return escape(_NO_XML.sub("", text), _QUOTES)


def _parse(text: str) -> None:
    parser = ParserCreate(encoding="utf-8")
    outermost: list[str] = []

    def begin(name: str, _attributes: dict[str, str]) -> None:
        if not outermost and name != ROOT:
            raise _NotSsml(f"its outermost element is {name}, not {ROOT}")
        outermost.append(name)

    def refuse(*_declared: object) -> None:
        raise _NotSsml("a document type has no place in it")

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(text.encode(), True)


def _in_words(message: str) -> str:
    reason = message.partition(":")[0]
    return _IN_WORDS.get(reason, reason)


def _near(text: str, err: ExpatError) -> str:
    lines = text.split("\n")
    line = lines[err.lineno - 1] if err.lineno <= len(lines) else ""
    place = len(line.encode()[: err.offset].decode(errors="ignore"))
    near = line[max(0, place - _NEAR) : place + _NEAR]
    return f", near “{near}”" if near.strip() else ""
