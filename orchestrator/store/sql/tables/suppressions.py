"""Suppressions in force, those lifted, and who asked for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, UniqueConstraint, text

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

# What holds, and what has expired until somebody asks again. Its shape is what the version before writes to.
suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("phone", Text, nullable=False),
    Column("scope", Text, nullable=False),  # 'global' or a campaign id
    Column("reason", Text, nullable=False),  # the first who asked
    Column("call_id", Text),
    moment("expires_at"),  # the longest anybody asked for
    moment("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("phone", "scope"),
)
Index("suppressions_of_scope", suppressions.c.scope, suppressions.c.id)

# What was lifted, by somebody or by its expiry, moves here, as it was; a trigger moves what an older version deletes.
lifted_suppressions = Table(
    "lifted_suppressions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("phone", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("call_id", Text),
    moment("expires_at"),
    moment("created_at", nullable=False),
    moment("lifted_at", nullable=False),
    Column("lifted_by", Text, nullable=False),
    Column("because", Text),
)
Index("lifted_suppressions_by_phone", lifted_suppressions.c.phone)
Index("lifted_suppressions_of_scope", lifted_suppressions.c.scope, lifted_suppressions.c.id)

# Who asked for a suppression, in what words and until when: never changed, and kept when the suppression is lifted.
suppression_requests = Table(
    "suppression_requests",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("suppression_id", Text, nullable=False),  # of either table
    Column("asked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    moment("expires_at"),
    Column("call_id", Text),
    moment("asked_at", nullable=False, server_default=NOW),
)
Index("suppression_requests_by_suppression", suppression_requests.c.suppression_id)
Index(
    "suppression_requests_by_call",
    suppression_requests.c.call_id,
    postgresql_where=text("call_id IS NOT NULL"),
)
