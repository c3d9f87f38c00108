"""The one row about the installation, and the answers kept for repeated requests."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

# One row for the whole installation: the kill switch, the epoch of Redis, the carrier this data belongs to.
installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("epoch", Text),
    Column("dialing_stopped", JSONB),
    Column("carrier", JSONB),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # who and what: a hash of the API key, method and path
    Column("body_hash", Text, nullable=False),
    Column("status", SmallInteger),
    Column("response", LargeBinary),
    Column("content_type", Text),
    moment("created_at", nullable=False, server_default=NOW),
)
Index("idempotency_keys_age", idempotency_keys.c.created_at)
