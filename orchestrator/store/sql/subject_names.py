"""What is called how, by its id: a query for each kind of thing that is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from orchestrator.store.sql.tables import (
    api_keys,
    caller_id_pools,
    calls,
    campaigns,
    contacts,
    flows,
    lists,
    numbers,
    users,
    webhook_endpoints,
)

_NAMES: Mapping[str, tuple[ColumnElement[str], ColumnElement[Any]]] = {
    "call": (calls.c.id, case((calls.c.direction == "inbound", calls.c.from_number), else_=calls.c.to_number)),
    "cmp": (campaigns.c.id, campaigns.c.name),
    "con": (contacts.c.id, contacts.c.phone),
    "flow": (flows.c.id, func.concat(flows.c.name, " v", flows.c.version)),
    "key": (api_keys.c.id, api_keys.c.name),
    "lst": (lists.c.id, lists.c.name),
    "num": (numbers.c.id, numbers.c.number),
    "pool": (caller_id_pools.c.id, caller_id_pools.c.name),
    "usr": (users.c.id, users.c.name),
    "whe": (webhook_endpoints.c.id, webhook_endpoints.c.url),
}


def names_of(tx: Connection, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the names of these things by id, as they are now; what has none is left out."""
    asked = defaultdict[str, set[str]](set)
    for ident in ids:
        kind = (ident or "").partition("_")[0]
        if ident and kind in _NAMES:
            asked[kind].add(ident)
    named: dict[str, str] = {}
    for kind, these in asked.items():
        column, name = _NAMES[kind]
        named |= {row[0]: row[1] for row in tx.execute(select(column, name).where(column.in_(these))) if row[1]}
    return named
