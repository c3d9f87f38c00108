"""Queries on flows: versions under one name, never changed once written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import flows


def lock_name(tx: Connection, name: str) -> None:
    """Let one transaction at a time write versions of `name`."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"flow/{name}", 0))))


def newest_version(tx: Connection, name: str) -> Row[Any] | None:
    """Return the newest version of a flow."""
    query = select(flows).where(flows.c.name == name).order_by(flows.c.version.desc()).limit(1)
    return tx.execute(query).first()


def find_version(tx: Connection, name: str, version: int) -> Row[Any] | None:
    """Return a version by the flow's name and its number."""
    return tx.execute(select(flows).where(flows.c.name == name, flows.c.version == version)).first()


def read_source(tx: Connection, flow_id: str) -> tuple[str, str] | None:
    """Return the text and the content type of a version by its id."""
    row = tx.execute(select(flows.c.source, flows.c.content_type).where(flows.c.id == flow_id)).first()
    return (row.source, row.content_type) if row else None


def insert_flow(tx: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Write a version and return its row."""
    return tx.execute(insert(flows).values(values).returning(flows)).one()


def find_flow(tx: Connection, flow_id: str) -> Row[Any] | None:
    """Return a version by its id."""
    return tx.execute(select(flows).where(flows.c.id == flow_id)).first()


def list_flows(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of versions."""
    query = select(flows).where(*(flows.c[name] == value for name, value in filters.items()))
    return tx.execute(newest_first(query, flows.c.id, after=after, limit=limit)).all()
