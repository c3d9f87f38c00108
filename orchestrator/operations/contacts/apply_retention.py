"""Erases what is older than the installation keeps it, in small batches; nothing is erased until somebody says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, Engine

from orchestrator.operations.contacts.erase_person import erase_aged_calls, erase_aged_contacts
from orchestrator.policy.retention import Retention, interval_of
from orchestrator.recordings.archive import Archive
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import aged_rows
from orchestrator.store.sql.aged_rows import Aged
from orchestrator.store.sql.installation_policy import read_policy, said_retention

log = logging.getLogger(__name__)

_AT_ONCE = 50  # in one transaction, which holds the locks of all of them


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    """Return ids in batches of a transaction each."""
    return [ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE)]


class RetentionSweep:
    """Walks through calls, contacts and consents, a page of each in a turn; any number of sweeps may run."""

    def __init__(self, *, sql: Engine, client: redis.Redis, keys: Keys, archive: Archive, data_dir: Path) -> None:
        self._sql = sql
        self._stores: dict[str, Any] = {
            "sql": sql,
            "client": client,
            "keys": keys,
            "archive": archive,
            "data_dir": data_dir,
        }
        self._after: dict[str, str] = {}

    def sweep(self) -> bool:
        """Take a page of each kind that is not kept for ever; return whether there is more to look at.

        Calls before contacts: the number of a contact is kept as long as its calls.
        """
        with self._sql.connect() as tx:
            kept = said_retention(read_policy(tx))
        erased = {
            "recordings": self._give_up_recordings(kept),
            "calls": self._walk("calls", kept.calls, aged_rows.aged_calls, self._erase_calls),
            "contacts": self._walk("contacts", kept.contacts, aged_rows.aged_contacts, self._erase_contacts),
            "consents": self._walk("consents", kept.consents, aged_rows.aged_consents, self._clear_consents),
        }
        if any(erased.values()):
            log.info("erased what is kept no longer: %s", erased)
        return any(erased.values()) or any(self._after.values())

    def _walk(
        self,
        kind: str,
        span: str | None,
        find: Callable[..., Aged],
        erase: Callable[[Aged, datetime], int],
    ) -> int:
        if span is None:
            self._after.pop(kind, None)
            return 0
        with self._sql.connect() as tx:
            before = aged_rows.aged_since(tx, interval_of(span))
            page = find(tx, before, after=self._after.get(kind, ""))
        erased = erase(page, before)
        self._after[kind] = page.next_after
        return erased

    def _give_up_recordings(self, kept: Retention) -> int:
        if kept.recordings is None:
            return 0
        with self._sql.begin() as tx:
            return aged_rows.give_up_recordings(tx, aged_rows.aged_since(tx, interval_of(kept.recordings)))

    def _erase_calls(self, page: Aged, _before: datetime) -> int:
        return sum(erase_aged_calls(some, **self._stores) for some in _batches(page.whole))

    def _erase_contacts(self, page: Aged, before: datetime) -> int:
        erased = sum(erase_aged_contacts(some, **self._stores) for some in _batches(page.whole))
        return erased + self._in_one(lambda tx: aged_rows.clear_words(tx, page.words, before=before))

    def _clear_consents(self, page: Aged, _before: datetime) -> int:
        return self._in_one(lambda tx: aged_rows.clear_consents(tx, page.whole))

    def _in_one(self, change: Callable[[Connection], int]) -> int:
        with self._sql.begin() as tx:
            return change(tx)
