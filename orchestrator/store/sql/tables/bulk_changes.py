"""Changes of many contacts, made in batches by whoever comes by; one that was interrupted goes on where it stood."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import EMPTY, NOW, metadata, moment

bulk_changes = Table(
    "bulk_changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # redial, cancel, suppress, set_priority, set_not_before, copy
    Column("campaign_id", Text, ForeignKey("campaigns.id")),  # that it keeps open; NULL = it concerns several
    Column("status", Text, nullable=False, server_default=text("'running'")),  # running, completed, stopped
    Column("filter", JSONB, nullable=False, server_default=EMPTY),  # emptied when it is over
    Column("wanted", JSONB, nullable=False, server_default=EMPTY),  # what becomes of those who match
    Column("upto", Text, nullable=False),  # contacts that are newer are left alone
    Column("done_to", Text, nullable=False, server_default=text("''")),  # the last contact looked at
    Column("matched", Integer, nullable=False, server_default=text("0")),
    Column("changed", Integer, nullable=False, server_default=text("0")),
    Column("error", JSONB),
    moment("created_at", nullable=False, server_default=NOW),
    moment("touched_at", nullable=False, server_default=NOW),
)
Index("bulk_changes_running", bulk_changes.c.campaign_id, postgresql_where=text("status = 'running'"))
