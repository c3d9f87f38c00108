"""Checks the ids in a path before any query: the prefix of an id says what kind of thing it names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator.errors import NotFound

PREFIXES = {
    "campaign_id": ("campaign", "cmp"),
    "contact_id": ("contact", "con"),
    "call_id": ("call", "call"),
    "flow_id": ("flow", "flow"),
    "import_id": ("import", "imp"),
    "suppression_id": ("suppression", "sup"),
    "recording_id": ("recording", "rec"),
    "number_id": ("number", "num"),
    "pool_id": ("caller id pool", "pool"),
    "list_id": ("list", "lst"),
    "change_id": ("change", "chg"),
    "endpoint_id": ("webhook endpoint", "whe"),
    "event_id": ("event", "evt"),
    "key_id": ("key", "key"),
    "user_id": ("user", "usr"),
}

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_FORMS = {name: re.compile(f"{prefix}_{_ULID}") for name, (_, prefix) in PREFIXES.items()}
_FORMS["event_id"] = re.compile("evt_0[0-9A-F]{25}")  # begins with a number (store/sql/told_events.py)


def pattern_of(name: str) -> str | None:
    """Return the regular expression of the ids that a path parameter takes, or None for names of other kinds."""
    return f"^{form_of(name)}$" if name in _FORMS else None


def form_of(name: str) -> str:
    """Return the regular expression of an id within a longer one."""
    return _FORMS[name].pattern


def check_ids(ids: Mapping[str, str]) -> None:
    """Raise NotFound for an id of another kind than its position in the path asks for."""
    for name, ident in ids.items():
        if "\0" in ident:
            raise NotFound(name, repr(ident[:80]))  # and PostgreSQL takes no such text
        if name in _FORMS and not _FORMS[name].fullmatch(ident):
            kind, prefix = PREFIXES[name]
            raise NotFound(kind, f"{ident[:80]!r} (ids of this kind start with {prefix}_)")


def has_form(name: str, ident: str) -> bool:
    """Return whether `ident` has the form of the path parameter `name`."""
    return bool(_FORMS[name].fullmatch(ident))
