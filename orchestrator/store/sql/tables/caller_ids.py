"""Pools of caller ids, and what is known of each of their numbers."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

caller_id_pools = Table(
    "caller_id_pools",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("numbers", JSONB, nullable=False),  # [{"number", "regions", "label"}]
    Column("choose", Text, nullable=False),  # sticky local_then_sticky
    Column("per_day", Integer, nullable=False),
    Column("per_hour", Integer, nullable=False),
    Column("rest_s", Integer, nullable=False),
    Column("health", JSONB, nullable=False),
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),
)

# Of a number whatever pools it is in: whoever sees it sees the same number.
caller_id_states = Table(
    "caller_id_states",
    metadata,
    Column("number", Text, primary_key=True),
    moment("resting_until"),  # a rest that has ended stays: calls before its end do not count against the number again
    Column("rested_for", JSONB),  # the figures it was put to rest for
    Column("rest_ended", JSONB),  # {"at", "by", "because"} of a person who ended its last rest before its time
    Column("attestation", Text),  # owned verified, as the carrier said at attested_at; NULL = neither, or not asked
    moment("attested_at"),
)
