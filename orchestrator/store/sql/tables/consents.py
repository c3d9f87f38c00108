"""What people have agreed to, and taken back: rows are added and never changed (a trigger, migration 0019)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

consent_events = Table(
    "consent_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number_key", LargeBinary, nullable=False),  # all that is left of the number after an erasure
    Column("phone", Text),
    Column("act", Text, nullable=False),  # given or revoked
    Column("kind", Text),  # given: express, written, oral
    Column("purposes", JSONB(none_as_null=True)),  # given: a list
    Column("text", Text),  # given: what was agreed to
    Column("source", Text),
    Column("evidence_url", Text),
    moment("expires_at"),
    Column("scope", Text),  # revoked: all or subject
    Column("subject", Text),
    Column("channel", Text),
    Column("words", Text),
    moment("at", nullable=False),  # when the person said it
    moment("recorded_at", nullable=False, server_default=NOW),
    Column("digest", Text),  # of the request: repeated, it adds nothing
)
Index("consent_events_by_number", consent_events.c.number_key, consent_events.c.at.desc())
Index("consent_events_once", consent_events.c.digest, unique=True)
