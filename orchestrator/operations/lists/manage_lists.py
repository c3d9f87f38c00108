"""Creates lists, finds them, changes their settings and deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import redis
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.contacts.find_suppressions import Found, list_suppressions
from orchestrator.operations.lists.take_effect import take_effect
from orchestrator.policy.lists.list_fields import DEFAULT_MAX_AGE, ListChanges, ListKind, NewList, check_kind
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import lists
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is

API = "api"
"""The author of a change over REST that names none."""

_USERS_NAMED = 5
_SUPPRESSIONS_SHOWN = 100


@dataclass(frozen=True)
class Standing:
    """Where a number stands: the lists that hold it, and its suppressions in force."""

    lists: Sequence[Row[Any]]
    suppressions: Sequence[Found]


def create_list(draft: NewList, *, list_id: str, by: str = API, sql: Engine) -> Row[Any]:
    """Store a list without entries and return it; the same id again returns the stored one.

    A registry holds the contacts it covers until its first import. Raises Conflict for a name that is taken.
    """
    concerns(list_id)
    with sql.begin() as tx:
        if (stored := lists.find_list(tx, list_id)) is not None:
            return stored
        values = {
            "id": list_id,
            "name": draft.name,
            "kind": draft.kind.value,
            **_columns_of(draft, draft.kind, set(NewList.model_fields)),
        }
        if not lists.insert_list(tx, values, by=by):
            raise Conflict("name_taken", f"There is a list {draft.name!r} already.")
        lists.add_change(tx, list_id, "create", by=by, because=None)
        return found(lists.find_list(tx, list_id), list_id)


def find_list(list_id: str, *, sql: Engine) -> Row[Any]:
    """Return a list; raise NotFound for none."""
    with sql.connect() as tx:
        return found(lists.find_list(tx, list_id), list_id)


def list_lists(filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of lists, newest first."""
    with sql.connect() as tx:
        return lists.list_lists(tx, filters, after=after, limit=limit)


def history_of(list_id: str, *, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of a list's changes, newest first, also of one that was deleted; raise NotFound for none."""
    with sql.connect() as tx:
        rows = lists.changes_of(tx, list_id, after=after, limit=limit)
        if not rows and not lists.changes_of(tx, list_id, after=None, limit=1):
            raise NotFound("list", list_id)
    return rows


def look_up(phone: str, *, sql: Engine) -> Standing:
    """Return every list whose content in force holds a number, by itself or by a prefix, and its suppressions."""
    with sql.connect() as tx:
        holding = lists.lists_that_hold(tx, phone)
    limit = _SUPPRESSIONS_SHOWN
    return Standing(holding, list_suppressions({"phone": phone}, past_too=False, after=None, limit=limit, sql=sql))


def change_list(
    list_id: str,
    changes: ListChanges,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
) -> Row[Any]:
    """Change the given settings and return the list; contacts that wait for it are asked for again.

    Raises InvalidInput for a setting that a list of this kind does not have.
    """
    given = changes.model_fields_set - {"because", "by"}
    with sql.begin() as tx:
        lists.wait_for_claims(tx)
        stored = found(lists.lock_list(tx, list_id), list_id)
        expects(stored._mapping)
        _check_kind(stored, changes)
        columns = _columns_of(changes, ListKind(stored.kind), given)
        if given:
            lists.update_list(tx, list_id, columns, is_to_release=True)
            lists.add_change(tx, list_id, "change", by=changes.by or API, because=changes.because)
    take_effect(sql=sql, client=client, keys=keys)
    return find_list(list_id, sql=sql)


def delete_list(list_id: str, *, because: str | None, by: str = API, sql: Engine) -> None:
    """Delete a list with its entries; its history stays.

    Raises NotFound for none, Conflict while a campaign that is not over uses it: a registry in `auto` too.
    """
    with sql.begin() as tx:
        found(lists.lock_list(tx, list_id, to_delete=True), list_id)
        _check_unused(tx, list_id)
        lists.add_change(tx, list_id, "remove", by=by, because=because)
        lists.delete_list(tx, list_id)


def found(row: Row[Any] | None, list_id: str) -> Row[Any]:
    """Return `row`, or raise NotFound for a list that is not there."""
    if row is None:
        raise NotFound("list", list_id)
    return row


def _check_unused(tx: Connection, list_id: str) -> None:
    users = lists.open_users(tx, list_id, most=_USERS_NAMED + 1)
    if users:
        named = ", ".join(users[:_USERS_NAMED]) + (" and more" if len(users) > _USERS_NAMED else "")
        raise Conflict("list_in_use", f"Campaigns that are not over use it: {named}. Let them name other lists first.")


def _check_kind(stored: Row[Any], changes: ListChanges) -> None:
    kind = ListKind(stored.kind)
    try:
        check_kind(kind, changes)
    except PydanticCustomError as err:
        raise InvalidInput([FieldError(f"/{err.type}", err.type, err.message())]) from err


def _columns_of(document: NewList | ListChanges, kind: ListKind, given: AbstractSet[str]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: list(getattr(document, name)) for name in ("regions", "purposes") if name in given}
    if "owner" in given:
        columns["owner"] = document.owner
    if "max_age" in given and kind.ages:
        columns["max_age_s"] = int((document.max_age or DEFAULT_MAX_AGE).total_seconds())
    return columns
