"""What is wrong with a field as people say it, where REST says it as a program that checks types does."""

from __future__ import annotations

import re

_SAID = [
    (re.compile(pattern), said)
    for pattern, said in (
        (r"Field required|String should have at least 1 character", "Write something here."),
        (r"String should have at least (\d+) characters", r"\1 characters at least."),
        (r"String should have at most (\d+) characters?", r"\1 characters at most."),
        (r"List should have at least 1 item\b.*", "One at least."),
        (r"Input should be greater than or equal to (\S+)", r"\1 at least."),
        (r"Input should be less than or equal to (\S+)", r"\1 at most."),
        (r"Input should be greater than (\S+)", r"More than \1."),
        (r"Input should be less than (\S+)", r"Less than \1."),
        (r"Input should be a valid integer\b.*", "A whole number."),
        (r"Input should be a (?:valid|finite) number\b.*", "A number."),
        (r"Input should be a valid (?:date|datetime)\b.*", "A date, and a time."),
    )
]


def plain(detail: str) -> str:
    """Return what is wrong as a sentence in few words; one that begins with what was written stays as it is."""
    for pattern, said in _SAID:
        if found := pattern.fullmatch(detail):
            return found.expand(said)
    return detail[:1].upper() + detail[1:] if detail.partition(" ")[0].isalpha() else detail
