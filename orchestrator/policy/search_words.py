"""The words by which a person is found: small letters without accents, of everything that is said of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.policy.visible_text import visible

SHORTEST = 3
"""Characters of a word that can be looked for: what is found are parts of words as long."""

# Letters that are no letter with an accent to Unicode, and signs that keyboards and programs write in different ways.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u00b4\u2032\uff07", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict(zip("łøđðħŧ\u0131", "loddhti", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
_LONGEST_VALUE = 200  # of a longer text the beginning is found
_LONGEST = 1_000
_MOST_ASKED = 8
_PHONE = re.compile(r"[+(]?[\d\s().\-/]*", re.ASCII)
_FEWEST_DIGITS = 7


def words_of(variables: Mapping[str, Any], external_id: str | None) -> str:
    """Return the words of a contact, each once, with blanks between them; empty where it has none."""
    values = (external_id, *(value for value in variables.values() if not isinstance(value, bool)))
    said = (_folded(str(value)[:_LONGEST_VALUE]) for value in values if value is not None)
    words = dict.fromkeys(word for text in said for word in text.split() if len(word) >= SHORTEST or word.isalnum())
    return _shortened(words)


def asked_words(text: str) -> list[str]:
    """Return the words that somebody looks for, without those within others; none where all are too short."""
    words = sorted(dict.fromkeys(_folded(text).split()), key=len, reverse=True)[:_MOST_ASKED]
    return words if words and len(words[0]) >= SHORTEST else []


def trigrams_of(words: Iterable[str]) -> list[str]:
    """Return every three characters in a row of these words, each once."""
    return sorted({word[n : n + 3] for word in words for n in range(len(word) - 2)})


def may_be_phone(text: str) -> bool:
    """Return whether a text is written like a phone number."""
    return bool(_PHONE.fullmatch(visible(text).translate(_ALIKE))) and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS


def _folded(text: str) -> str:
    if text.isascii():
        return text.replace("\0", " ").lower()
    plain = unicodedata.normalize("NFKD", visible(text).casefold().translate(_ALIKE))
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def _shortened(words: Iterable[str]) -> str:
    kept: list[str] = []
    room = _LONGEST
    for word in words:
        room -= len(word) + 1
        if room < 0:
            break
        kept.append(word)
    return " ".join(kept)
