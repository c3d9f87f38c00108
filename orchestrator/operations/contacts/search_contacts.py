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
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql import contact_words, contacts

_FEW = 500  # contacts
_WRITTEN_FIRST = 200  # contacts: whoever was added just now is found at once

_TOO_SHORT = f"write at least {SHORTEST} characters of a name, an id or another value, or a whole phone number"


@dataclass(frozen=True)
class Found:
    """A page of contacts: one more than the limit, if it is known that there are more.

    There may be more, too, if `is_behind`: their words are still to be written; or behind the contact `goes_on_after`,
    where the search was cut short.
    """

    rows: Sequence[Row[Any]]
    is_behind: bool = False
    goes_on_after: str | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether there may be more than these."""
        return self.is_behind or self.goes_on_after is not None


def search_contacts(
    asked: str,
    filters: Mapping[str, Any],
    *,
    region: str | None,
    after: str | None,
    limit: int,
    room: Room | None = None,
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
            listing: dict[str, Any] = {"after": after, "limit": limit, "room": room, "sql": sql, "clock": clock}
            listed = list_contacts({**filters, "phone": phone}, **listing)
            if listed.rows or _is_of_somebody(phone, sql):
                return Found(listed.rows, goes_on_after=listed.goes_on_after)
    words = asked_words(asked)
    if not words:
        raise unreadable or InvalidInput([FieldError("?q", "too_short", _TOO_SHORT)])
    found = _by_words(words, filters, after=after, limit=limit, room=room, sql=sql, clock=clock)
    if unreadable and not found.rows and not found.goes_on_after and after is None:
        raise unreadable
    return found


def _is_of_somebody(phone: str, sql: Engine) -> bool:
    with sql.connect() as tx:
        return contacts.has_phone(tx, phone)


def _by_words(
    words: Sequence[str],
    filters: Mapping[str, Any],
    *,
    after: str | None,
    limit: int,
    room: Room | None,
    sql: Engine,
    clock: Clock,
) -> Found:
    with sql.begin() as tx:
        was_behind = contact_words.is_behind(tx)
        if was_behind:
            write_some(tx, most=_WRITTEN_FIRST)
    with sql.connect() as tx:
        conditions = conditions_of(tx, filters, room=room, now=clock())
        ids, goes_on_after = contact_words.find_by_words(tx, words, conditions, after=after, limit=limit)
    if goes_on_after and filters:
        few = list_contacts(filters, after=None, limit=_FEW, room=room, sql=sql, clock=clock)
        # Who is rare by the filters is looked through for the words instead.
        if len(few.rows) <= _FEW and few.goes_on_after is None:
            ids, goes_on_after = _among(few.rows, words, after=after, limit=limit, sql=sql), None
    with sql.connect() as tx:
        rows, is_behind = contacts.in_this_order(tx, ids), was_behind and contact_words.is_behind(tx)
    return Found(rows, is_behind=is_behind, goes_on_after=goes_on_after)


def _among(few: Sequence[Row[Any]], words: Sequence[str], *, after: str | None, limit: int, sql: Engine) -> list[str]:
    with sql.connect() as tx:
        return contact_words.with_words(tx, words, among=[row.id for row in few], after=after, limit=limit)
