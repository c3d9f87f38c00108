"""Adds entries to a list and deletes them, one by one; each is in force at the next dial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.lists.manage_lists import API, found
from orchestrator.operations.lists.take_effect import take_effect
from orchestrator.policy.lists.entry import prefix_lengths, read_entry
from orchestrator.policy.lists.list_fields import ListKind
from orchestrator.policy.phone.parse_phone import PhoneProblem
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import list_contents, list_releases, lists


@dataclass(frozen=True)
class Added:
    """The list after entries were added, how many were new, and how many stood on it already."""

    row: Row[Any]
    added: int
    kept: int


def add_entries(
    list_id: str,
    entries: Sequence[str],
    *,
    because: str | None = None,
    by: str = API,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
) -> Added:
    """Add numbers and prefixes to a list; once this has returned, what they say holds (R9). Safe to repeat.

    Raises InvalidInput naming every entry that is neither; then none is added. Raises Conflict for a list of answers.
    """
    numbers = tuple(dict.fromkeys(_read(entries)))
    with sql.begin() as tx:
        row = _locked(tx, list_id)
        if row.kind == ListKind.REASSIGNED:
            raise Conflict("wrong_kind", f"{row.name} holds answers, which come with a file: PUT its content.")
        new = list_contents.insert_entries(tx, row.content, numbers)
        list_contents.count_entries(tx, row.content, len(new), lengths=prefix_lengths(new))
        lists.add_change(tx, list_id, "add", by=by, because=because, numbers=sorted(new))
        _release(tx, row, new)
        row = found(lists.find_list(tx, list_id), list_id)
    take_effect(sql=sql, client=client, keys=keys)
    return Added(row, len(new), len(entries) - len(new))


def delete_entry(
    list_id: str, entry: str, *, because: str, by: str = API, sql: Engine, client: redis.Redis, keys: Keys
) -> None:
    """Delete an entry of a list; who, when and why stays. Contacts that ended by it stay ended.

    Raises NotFound where it is not on the list by itself: a number that a prefix covers is not.
    """
    with sql.begin() as tx:
        row = _locked(tx, list_id)
        if not list_contents.delete_entries(tx, row.content, [entry]):
            raise NotFound("entry", f"{entry} on the list {row.name}")
        list_contents.count_entries(tx, row.content, -1)
        lists.add_change(tx, list_id, "delete", by=by, because=because, numbers=[entry])
    take_effect(sql=sql, client=client, keys=keys)


def _locked(tx: Connection, list_id: str) -> Row[Any]:
    row = found(lists.find_list(tx, list_id), list_id)
    if row.kind == ListKind.ALLOW:
        lists.wait_for_claims(tx)  # before the list: as an import does
    return found(lists.lock_list(tx, list_id), list_id)


def _release(tx: Connection, row: Row[Any], new: Sequence[str]) -> None:
    if row.kind != ListKind.ALLOW or not new:
        return
    if prefix_lengths(new):
        lists.update_list(tx, row.id, {}, is_to_release=True)
    list_releases.release_numbers(tx, new)


def _read(entries: Sequence[str]) -> list[str]:
    read = [read_entry(entry) for entry in entries]
    wrong = [
        FieldError(f"/entries/{n}", problem.code, problem.detail)
        for n, problem in enumerate(read)
        if isinstance(problem, PhoneProblem)
    ]
    if wrong:
        raise InvalidInput(wrong)
    return [entry for entry in read if isinstance(entry, str)]
