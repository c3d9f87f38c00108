"""Flows, and the numbers of the account that run one when they are called."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

flows = Table(
    "flows",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    moment("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("name", "version"),
)

# Numbers of ours that take calls: which flow, and whose home campaign the calls lie in.
numbers = Table(
    "numbers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("flow_id", Text, ForeignKey("flows.id"), nullable=False),
    Column("home_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("join_days", Integer),  # NULL: the installation's ORCHESTRATOR_INBOUND_JOIN_DAYS
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),
)
