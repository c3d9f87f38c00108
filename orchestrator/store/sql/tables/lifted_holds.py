"""Holds that a person has lifted for one more call to a number: never changed, and kept."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import metadata, moment

lifted_holds = Table(
    "lifted_holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number_key", LargeBinary, nullable=False),
    Column("contact_id", Text, nullable=False),  # for whom alone the hold is lifted
    Column("holds", JSONB, nullable=False),  # ["rest_after_human", …]
    Column("because", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("lifted_at", nullable=False),
    moment("expires_at", nullable=False),
)
Index("lifted_holds_by_contact", lifted_holds.c.contact_id, lifted_holds.c.id)
