"""Stores a flow: a new name, a new version of a known one, or the same again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.flow import load_flow
from orchestrator.store import queries_flows
from orchestrator.store.flows import stored_flows

if TYPE_CHECKING:
    from orchestrator.wiring import House


@dataclass(frozen=True)
class StoredFlow:
    """A version as it stands in SQL, and whether this request wrote it."""

    row: Row[Any]
    is_new: bool


def create_flow(house: House, source: bytes, content_type: str, *, flow_id: str) -> StoredFlow:
    """Check a flow and store it as the next version of its name; the newest version's own text is stored only once.

    Raises InvalidFlow with every problem.
    """
    name = load_flow(source, content_type, library=stored_flows(house.sql)).name
    text = source.decode("utf-8-sig")
    digest = hashlib.sha256(text.encode()).hexdigest()
    with house.sql.begin() as connection:
        queries_flows.lock_name(connection, name)
        newest = queries_flows.newest_version(connection, name)
        if newest and newest.content_hash == digest:
            return StoredFlow(newest, is_new=False)
        version = newest.version + 1 if newest else 1
        values = {"id": flow_id, "name": name, "version": version, "source": text, "content_hash": digest}
        return StoredFlow(queries_flows.insert_flow(connection, {**values, "content_type": content_type}), is_new=True)


def flow_named(house: House, wanted: str) -> Row[Any]:
    """Return the flow with the id `wanted`, else the newest of that name; raise InvalidInput at /flow for neither."""
    with house.sql.connect() as connection:
        row = queries_flows.find_flow(connection, wanted) or queries_flows.newest_version(connection, wanted)
    if row is None:
        raise InvalidInput([FieldError("/flow", "unknown_flow", f"there is no flow with the id or name {wanted!r}")])
    return row
