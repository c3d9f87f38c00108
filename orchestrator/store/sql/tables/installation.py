"""The one row about the installation, who changed its policy and why, and the answers kept for repeated requests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import EMPTY, NOW, metadata, moment

# One row for the whole installation: the kill switch, the epoch of Redis, the carrier this data belongs to, what holds
# for every campaign, and the secret of number keys as the two padded keys of HMAC (made by a trigger).
installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("epoch", Text),
    Column("dialing_stopped", JSONB),
    Column("carrier", JSONB),
    Column("policy", JSONB, nullable=False, server_default=EMPTY),  # {caps, retention, to_release}
    Column("number_key_inner", LargeBinary),
    Column("number_key_outer", LargeBinary),
    moment("restored_at"),  # from a backup, last: who was called between that and now is not known
)

# Who changed what in `installation.policy`, and why: never changed.
policy_changes = Table(
    "policy_changes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("changes", JSONB, nullable=False),
    Column("because", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    moment("changed_at", nullable=False, server_default=NOW),
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
    moment("taken_at", server_default=NOW),  # by who answers it; NULL: by nobody, for the last one has failed
)
Index("idempotency_keys_age", idempotency_keys.c.created_at)
