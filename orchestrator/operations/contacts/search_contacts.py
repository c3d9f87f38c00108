"""Finds contacts by what people know of them: a phone however it is written, or parts of a name, an id, any value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.operations.contacts.find_contacts import conditions_of, list_contacts
from orchestrator.operations.contacts.read_phone_filter import read_phone_filter
from orchestrator.operations.contacts.write_words import write_some
from orchestrator.policy.search_words import SHORTEST, asked_words, may_be_phone
from orchestrator.store.sql import contact_words, contacts

_WRITTEN_FIRST = 200  # contacts: whoever was added just now is found at once

_TOO_SHORT = f"write at least {SHORTEST} characters of a name, an id or another value, or a whole phone number"


@dataclass(frozen=True)
class Found:
    """A page of contacts; `is_behind` says that there may be more, of which the words are still to be written."""

    rows: Sequence[Row[Any]]
    is_behind: bool


def search_contacts(
    asked: str,
    filters: Mapping[str, Any],
    *,
    region: str | None,
    after: str | None,
    limit: int,
    sql: Engine,
    clock: Clock,
    caller_id: str | None,
) -> Found:
    """Return a page of the contacts that `asked` means and that `filters` select, the newest first.

    Whatever reads as the phone of a contact means that. Raises InvalidInput for too few characters, and for a phone
    that cannot be read where nothing else is found by it.
    """
    unreadable: InvalidInput | None = None
    if may_be_phone(asked):
        try:
            place = filters.get("campaign_id")
            phone = read_phone_filter(asked, region, campaign_id=place, name="q", sql=sql, caller_id=caller_id)
        except InvalidInput as err:
            unreadable = err
        else:
            rows = list_contacts({**filters, "phone": phone}, after=after, limit=limit, sql=sql, clock=clock)
            if rows or _is_of_somebody(phone, sql):
                return Found(rows, is_behind=False)
    words = asked_words(asked)
    if not words:
        raise unreadable or InvalidInput([FieldError("?q", "too_short", _TOO_SHORT)])
    found = _by_words(words, filters, after=after, limit=limit, sql=sql, clock=clock)
    if unreadable and not found.rows and after is None:
        raise unreadable
    return found


def _is_of_somebody(phone: str, sql: Engine) -> bool:
    with sql.connect() as tx:
        return contacts.has_phone(tx, phone)


def _by_words(
    words: Sequence[str], filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine, clock: Clock
) -> Found:
    with sql.begin() as tx:
        if contact_words.is_behind(tx):
            write_some(tx, most=_WRITTEN_FIRST)
    with sql.connect() as tx:
        conditions = conditions_of(tx, filters, now=clock())
        ids = contact_words.find_by_words(tx, words, conditions, after=after, limit=limit)
        return Found(contacts.in_this_order(tx, ids), is_behind=contact_words.is_behind(tx))
