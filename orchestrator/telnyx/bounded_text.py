"""Text from webhooks, shortened to fit every index and column."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

LONGEST: Final = 200  # characters of up to four bytes: an id with its prefix fits into an index


def bounded(text: str) -> str:
    """Return the text; a text that is too long is replaced by its beginning and its hash.

    An event with a very long id is not refused, because the carrier would stop redelivering it; its id is not cut,
    because another id with the same beginning would count as a duplicate.
    """
    if len(text) <= LONGEST:
        return text
    digest = sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: LONGEST - len(digest) - 1]}~{digest}"
