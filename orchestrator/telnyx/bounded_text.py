"""Texts that come from outside, made short enough for every place where they are kept."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

LONGEST: Final = 200  # letters: four bytes each, an id and what stands before it still fit into an index


def bounded(text: str) -> str:
    """Return the text; of one that is too long its beginning and its hash, which only the same text gets.

    An event with an endless id is not refused, for after a few tries the carrier would never tell it again; and its id
    is not cut, for the next one that begins alike would be taken for the first told twice.
    """
    if len(text) <= LONGEST:
        return text
    digest = sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: LONGEST - len(digest) - 1]}~{digest}"
