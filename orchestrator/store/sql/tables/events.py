"""What the outside is told: events as they were written and in their order, who receives them, and each delivery."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.sql.tables.columns import EMPTY, NOW, metadata, moment

# Written by triggers in the transaction of the change, in no order that a reader could follow: a lower position may be
# committed after a higher one. Moved to `events` by one transaction at a time.
new_events = Table(
    "new_events",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    moment("at", nullable=False, server_default=text("clock_timestamp()")),
    Column("data", JSONB, nullable=False, server_default=EMPTY),
)

# In the order in which they could be read first: nothing is ever committed before what has been read.
events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False),  # begins with its seq (`event_ids.py`)
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the id of what it is about: its events are told in their order
    moment("at", nullable=False),
    Column("data", JSONB, nullable=False),
)
Index("events_by_subject", events.c.subject, events.c.seq)
Index("events_by_type", events.c.type, events.c.seq)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # none: all
    Column("secret", Text, nullable=False),  # as it is, for it signs
    Column("previous_secret", Text),  # signs too, until then
    moment("previous_until"),
    moment("disabled_at"),
    Column("disabled_reason", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    moment("rest_until"),  # after many of them: one try at a time, from then on
    moment("heard_at", nullable=False, server_default=NOW),  # when it last accepted something, or was enabled
    moment("deleted_at"),  # its deliveries go in batches, then its row
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # of the event
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),  # in whose line it stands; of a redelivery its own event's id
    Column("status", Text, nullable=False, server_default=text("'pending'")),  # pending delivered failed
    moment("due_at"),  # pending: when it may be tried, the end of a lease too; NULL: an earlier one of its subject is
    Column("lease", Text),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    moment("first_tried_at"),
    moment("tried_at"),
    Column("answered", SmallInteger),  # the status code of the last answer; NULL: none came
    Column("error", Text),
    moment("created_at", nullable=False, server_default=NOW),
)
_PENDING = text("status = 'pending'")
Index(
    "webhook_deliveries_due",
    webhook_deliveries.c.endpoint_id,
    webhook_deliveries.c.due_at,
    webhook_deliveries.c.seq,
    postgresql_where=text("status = 'pending' AND due_at IS NOT NULL"),
)
Index(
    "webhook_deliveries_of_subject",
    webhook_deliveries.c.endpoint_id,
    webhook_deliveries.c.subject,
    webhook_deliveries.c.seq,
    postgresql_where=_PENDING,
)
# What is rare is listed as quickly as what is frequent.
Index(
    "webhook_deliveries_open",
    webhook_deliveries.c.endpoint_id,
    webhook_deliveries.c.status,
    webhook_deliveries.c.seq,
    postgresql_where=text("status <> 'delivered'"),
)
