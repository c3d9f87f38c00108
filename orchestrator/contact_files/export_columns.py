"""The columns of exports: their names never clash with those of a client, and an import recognizes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orchestrator.contact_files.contact_rows import (
    PRIORITY_COLUMN,
    REGION_COLUMN,
    ContactForm,
    column_for,
    is_own_field,
)

REJECT_COLUMNS: Final = ("row", "status", "code", "detail")
RESULT_COLUMNS: Final = (
    *("contact_id", "phone", "external_id", "status", "reason", "attempts", "disposition", "outcome", "last_call_id"),
    *("from", "dialed_at", "answered_at", "ended_at"),
    *("hangup_cause", "sip_hangup_cause", "telnyx_error", "fault"),
    *("heard_after_ms", "abandoned", "silent"),
    *("until", "ring_s", "talk_s", "recording_ids"),
)
PLACE_COLUMNS: Final = ("timezone", "timezone_source", "region")
"""What results say of a contact's place, as it was given."""
TURN_COLUMNS: Final = ("not_before", "not_after", "priority")
"""What results say of when a contact is called, as it was given."""
ANSWER: Final = "answer_"
_VARIABLE = "variable_"
_PREFIXES = (ANSWER, _VARIABLE)
_SURELY_RESULTS = frozenset({"phone", "status", "attempts", "last_call_id"})
# An older version had a variable of that name where the others are not beside it.
_GIVEN = ((PLACE_COLUMNS, "region", REGION_COLUMN), (TURN_COLUMNS, "priority", PRIORITY_COLUMN))
_NO_FORM = ContactForm()


def exported_name(column: str, columns: Sequence[str]) -> str:
    """Return the header of a client's column beside `columns`: its name, with the prefix `variable_` if it clashes."""
    is_taken = column in columns or column.startswith(_PREFIXES)
    return f"{_VARIABLE}{column}" if is_taken else column


def variable_name(variable: str) -> str:
    """Return the header of a variable among results: also one that is named like a contact's own field is marked."""
    is_field = is_own_field(column_for(variable, _NO_FORM))
    return f"{_VARIABLE}{variable}" if is_field else exported_name(variable, RESULT_COLUMNS)


def exported_columns(names: Sequence[str], form: ContactForm) -> list[str] | None:
    """Return what the columns of our own export fill, "" for what only we say; None if `names` is another file's."""
    if tuple(names[: len(REJECT_COLUMNS)]) == REJECT_COLUMNS:
        theirs = names[len(REJECT_COLUMNS) :]
        return [""] * len(REJECT_COLUMNS) + [_filled(name, form) for name in theirs]
    if names[:1] == ["contact_id"] and set(names) >= _SURELY_RESULTS:
        given = {column: field for columns, column, field in _GIVEN if set(names) >= set(columns)}
        return [given.get(name) or _of_results(name, form) for name in names]
    return None


def _of_results(name: str, form: ContactForm) -> str:
    is_only_ours = (name in RESULT_COLUMNS and not is_own_field(name)) or name.startswith(ANSWER)
    return "" if is_only_ours else _filled(name, form)


def _filled(name: str, form: ContactForm) -> str:
    """Return what a client's column fills; only the exact name is a field, since we wrote it."""
    bare = name.removeprefix(_VARIABLE)
    if is_own_field(bare):
        return name
    return form.input_for(bare)
