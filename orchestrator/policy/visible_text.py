"""Removes invisible characters from text, and turns every kind of blank into a space.

Copied cells carry such characters: a no-break space of a web page, the direction marks of a telephone's address book, a
byte order mark in the middle of a file. They belong to no number and to no column's name.
"""

from __future__ import annotations

import re

# Unicode's Default_Ignorable_Code_Point: soft hyphen, zero-width space and joiners, marks and isolates of direction,
# word joiner, byte order mark, variation selectors, tags.
_WITHOUT_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_LINE_BREAK = re.compile("[\x85\u2028\u2029]")


def visible(text: str) -> str:
    """Return `text` without invisible characters and outer blanks; every line break inside is a newline."""
    if text.isascii():
        return text.strip()
    return _LINE_BREAK.sub("\n", _BLANK.sub(" ", _WITHOUT_WIDTH.sub("", text))).strip()
