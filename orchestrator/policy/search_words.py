"""The words by which a person is found: small letters without accents, of everything that is said of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

SHORTEST = 3
"""Characters of a word that can be looked for: what is found are parts of words as long."""

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
    return bool(_PHONE.fullmatch(text.strip())) and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS


def _folded(text: str) -> str:
    if text.isascii():
        return text.replace("\0", " ").lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
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
