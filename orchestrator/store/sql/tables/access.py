"""Who may do what over REST, and what they did."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import EMPTY, NOW, metadata, moment

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),  # viewer, operator or admin
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the key, which stands nowhere
    Column("created_by", Text, nullable=False),
    moment("created_at", nullable=False, server_default=NOW),
    moment("expires_at"),
    moment("revoked_at"),
    moment("last_used_at"),  # to the minute
)

# A trigger refuses to change or to delete what stands here (migration 0031).
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Text, primary_key=True),
    moment("at", nullable=False, server_default=text("clock_timestamp()")),
    Column("by", Text, nullable=False),  # the name of the key, or of the user
    Column("key_id", Text),  # NULL: the key of the settings, unless it was a user
    Column("action", Text, nullable=False),  # method and address
    Column("subject", Text),
    Column("changes", JSONB, nullable=False, server_default=EMPTY),  # {field: [before, after]}
    Column("user_id", Text),  # of who was signed in to the web page
)
Index("audit_events_by_subject", audit_events.c.subject, audit_events.c.id)
Index("audit_events_by_author", audit_events.c.by, audit_events.c.id)
