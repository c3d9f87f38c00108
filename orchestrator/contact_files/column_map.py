"""Parses the column mapping of a client: `phone:Phone Number,first_name:Vorname`."""

from __future__ import annotations

import csv

from orchestrator.contact_files.contact_rows import ContactForm, column_for
from orchestrator.contact_files.phone_columns import letters_of
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.visible_text import visible

ColumnMap = dict[str, str]
"""What a column fills, by the letters of its header (`key_of`)."""

WRITTEN = "phone:Phone Number,first_name:Vorname"


def key_of(header: str) -> str:
    """Return what two spellings of one header have in common: all but case, blanks, accents and punctuation."""
    return letters_of(header) or visible(header)


def read_map(text: str | None, form: ContactForm) -> ColumnMap:
    """Return the mapping that `text` writes down: pairs `field:Header`, quoted where a header holds a comma.

    Raises InvalidInput (`?map`) for a malformed pair, and for a field or a header that occurs twice.
    """
    pairs: ColumnMap = {}
    for part in _parts(text or ""):
        field, mark, header = part.partition(":")
        if not mark or is_empty(field) or is_empty(header):
            raise wrong_map(f"{part!r} is no pair of a field and a header; write it as {WRITTEN}")
        key, fills = key_of(header), column_for(visible(field), form)
        if key in pairs or fills in pairs.values():
            raise wrong_map(f"{visible(field)!r} or {visible(header)!r} stands in it twice")
        pairs[key] = fills
    return pairs


def is_empty(text: str) -> bool:
    """Return whether a part of a pair says nothing."""
    return not visible(text)


def wrong_map(detail: str) -> InvalidInput:
    """Return the refusal of a mapping."""
    return InvalidInput([FieldError("?map", "map", detail)])


def _parts(text: str) -> list[str]:
    try:
        cells = next(csv.reader([text.replace("\n", " ")], skipinitialspace=True, strict=True), [])
    except csv.Error as err:
        raise wrong_map(f"a quote is opened and not closed; write it as {WRITTEN}") from err
    return [cell for cell in cells if not is_empty(cell)]
