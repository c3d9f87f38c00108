"""Names and ids that people give: refused with what cannot be seen in them, and each written in one way only."""

from __future__ import annotations

import re
import unicodedata

from pydantic_core import PydanticCustomError

# Control characters, breaks of lines and paragraphs, marks that change the direction of the text around them (UAX #9),
# and half characters: a name with one of them reads as another, on a screen, in a log, in a file.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What no speech and no XML takes; line breaks and tabs are breaks in a text.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def unseen_in(name: str) -> str | None:
    """Return the first character that no name may hold, as `U+202E`."""
    return _told(_UNSEEN.search(name))


def unspeakable_in(text: str) -> str | None:
    """Return the first character that no text may hold, as `U+0007`."""
    return _told(_UNSPEAKABLE.search(text))


def one_form(ident: str) -> str:
    """Return an id in the one way it is written (NFC): two that look alike are one."""
    return unicodedata.normalize("NFC", ident)


def forms_of(ident: str) -> tuple[str, ...]:
    """Return every way in which an id may have been stored before there was only one."""
    return tuple(dict.fromkeys((one_form(ident), ident, unicodedata.normalize("NFD", ident))))


def all_seen(name: str) -> str:
    """Return the name; raise pydantic's error for a character that no name may hold."""
    if found := unseen_in(name):
        raise PydanticCustomError(
            "nul" if found == "U+0000" else "bad_character",
            "it holds {found}; a name has neither control characters nor marks that turn the text around",
            {"found": found},
        )
    return name


def _told(found: re.Match[str] | None) -> str | None:
    return f"U+{ord(found[0]):04X}" if found else None
