"""Campaigns, the connections they dial on, and the counts kept of their rows."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.campaign_status import STARTED, CampaignStatus
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables.columns import EMPTY, EMPTY_LIST, NOW, metadata, moment

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("calls_per_second", Float, nullable=False),
    Column("max_live_calls", Integer, nullable=False),
    Column("dial_regions", JSONB(none_as_null=True)),  # the countries it dials; NULL = those of the caller ids
    moment("updated_at", nullable=False, server_default=NOW),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column(
        "kind", Text, nullable=False, server_default=text("'campaign'")
    ),  # direct, inbound: the homes of calls of none
    Column("flow_id", Text, ForeignKey("flows.id")),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("status", Text, nullable=False, server_default=text(f"'{CampaignStatus.DRAFT}'")),
    Column("status_reason", JSONB),
    Column("caller_ids", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("caller_id_pool", Text, ForeignKey("caller_id_pools.id")),  # instead of caller_ids, which is empty then
    # NULL is what holds where nothing was said: informational, the campaign's name, as the flow speaks.
    Column("purpose", Text),
    Column("subject", Text),
    Column("voice", Text),
    Column("law", JSONB),  # NULL: the law of the person's place is enforced
    Column("allow_number_kinds", JSONB, nullable=False, server_default=EMPTY_LIST),  # dialed all the same
    moment("starts_at"),
    moment("ends_at"),
    Column("default_timezone", Text),
    Column("keep_open", Boolean, nullable=False, server_default=text("false")),
    Column("pacing", JSONB, nullable=False, server_default=EMPTY),
    Column("calling_hours", JSONB, nullable=False, server_default=EMPTY),
    Column("always_because", Text),  # apart from the hours: the version before takes no more there
    Column("retry", JSONB, nullable=False, server_default=EMPTY),
    Column("number_gap_s", Integer, nullable=False, server_default=text("7200")),
    Column("caps", JSONB, nullable=False, server_default=EMPTY),  # what it says itself; the installation's hold too
    Column(
        "guards", JSONB, nullable=False, server_default=EMPTY
    ),  # what it says itself; what is left out is the default
    Column("spend", JSONB(none_as_null=True)),  # its budget, if it has one
    Column("consent", JSONB, nullable=False, server_default=EMPTY),
    Column("on_opt_out", Text, nullable=False, server_default=text("'hangup'")),  # or 'finish': what rings goes on
    Column("lists", JSONB(none_as_null=True)),  # by name; NULL where nothing was said: every registry that covers it
    Column("variables", JSONB, nullable=False, server_default=EMPTY),  # for everybody; the contact's own win
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("description", Text),
    # A campaign makes five calls, and no more until a webhook has come back since then.
    moment("proving_since"),
    Column("heard_webhooks", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", nullable=False, server_default=NOW),
    moment("started_at"),
    moment("completed_at"),
)
Index("campaigns_of_pool", campaigns.c.caller_id_pool, postgresql_where=text("caller_id_pool IS NOT NULL"))
Index("campaigns_by_name", campaigns.c.name, campaigns.c.id)
Index("campaigns_active", campaigns.c.status, postgresql_where=text(f"status IN {one_of(STARTED)}"))

# The zones a campaign's contacts lie in, so that a claim can ask for the open ones only (R10).
campaign_zones = Table(
    "campaign_zones",
    metadata,
    Column("campaign_id", Text, ForeignKey("campaigns.id"), primary_key=True),
    Column("zone", Text, primary_key=True),
)

# How many contacts, calls and answers of each kind a campaign has; triggers write the changes (migration 0011).
tallies = Table(
    "tallies",
    metadata,
    Column("campaign_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("parts", ARRAY(Text), primary_key=True),
    Column("n", BigInteger, nullable=False),
)
Index("tallies_largest", tallies.c.campaign_id, tallies.c.subject, tallies.c.n.desc(), tallies.c.parts)
Index("tallies_empty", tallies.c.campaign_id, postgresql_where=text("n = 0"))
tally_changes = Table(
    "tally_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("parts", ARRAY(Text), nullable=False),
    Column("n", BigInteger, nullable=False),
)
Index("tally_changes_by_campaign", tally_changes.c.campaign_id, tally_changes.c.subject)
