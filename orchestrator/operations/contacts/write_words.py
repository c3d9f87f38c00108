"""Writes the words by which contacts are found: of those that are new or changed, then of those of older versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.policy.search_words import words_of
from orchestrator.store.sql import contact_words

AT_ONCE = 500
_BATCHES = 4


def write_words(sql: Engine) -> int:
    """Write the words of some contacts and return of how many; nothing while another process does so."""
    written = 0
    for _ in range(_BATCHES):
        with sql.begin() as tx:
            some = write_some(tx, most=AT_ONCE)
        written += some
        if some < AT_ONCE:
            with sql.begin() as tx:
                contact_words.give_room_back(tx)
            break
    return written


def write_some(tx: Connection, *, most: int) -> int:
    """Write the words of at most so many contacts, the changed ones first; return of how many."""
    if not contact_words.lock_words(tx):
        return 0
    if rows := contact_words.take_due(tx, most=most):
        contact_words.write_words(tx, _words(rows))
        return len(rows)
    rows = contact_words.take_older(tx, most=most)
    contact_words.write_words(tx, _words(rows), are_older=True)
    return len(rows)


def _words(rows: Sequence[Row[Any]]) -> dict[str, str]:
    return {row.id: words_of(row.variables, row.external_id) for row in rows}
