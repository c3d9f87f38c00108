"""Contacts and the imports that brought them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.contact_status import ContactStatus
from orchestrator.store.sql.state_lists import IS_CLAIMABLE, WAITS_FOR_LIST
from orchestrator.store.sql.tables.columns import EMPTY, NOW, metadata, moment

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),  # running completed failed withdrawn
    Column("params", JSONB, nullable=False, server_default=EMPTY),
    Column("rows", Integer, nullable=False, server_default=text("0")),
    Column("accepted", Integer, nullable=False, server_default=text("0")),
    Column("duplicates", Integer, nullable=False, server_default=text("0")),
    Column("invalid", Integer, nullable=False, server_default=text("0")),
    Column("error", JSONB),
    moment("created_at", nullable=False, server_default=NOW),
    moment("touched_at", nullable=False, server_default=NOW),
)
Index("imports_by_campaign", imports.c.campaign_id)

import_rejects = Table(
    "import_rejects",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("status", Text, nullable=False),  # duplicate or invalid
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", JSONB, nullable=False, server_default=EMPTY),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("import_id", Text),
    Column("phone", Text, nullable=False),
    Column("external_id", Text),
    Column("timezone", Text),
    Column("timezone_source", Text),  # address, crm, said; NULL = nothing was said, which is crm
    Column("region", Text),  # where the person is, by ISO 3166-2
    Column("zone", Text, nullable=False, server_default=text("''")),
    Column("zones_version", Text(collation="C")),  # of the data that gave the zone; NULL = an older engine wrote it
    moment("not_before"),
    moment("not_after"),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("variables", JSONB, nullable=False, server_default=EMPTY),
    # A single call (POST /v1/calls) brings its own; None = the campaign's.
    Column("flow_id", Text),
    Column("caller_id", Text),
    Column("ignore_hours", Boolean, nullable=False, server_default=text("false")),
    Column("ignore_hours_because", Text),
    Column("is_single", Boolean, nullable=False, server_default=text("false")),  # shares no identity with others
    Column("status", Text, nullable=False, server_default=text(f"'{ContactStatus.WAITING}'")),
    Column("reason", Text),
    moment("due_at", server_default=NOW),  # waiting/held: when it may be claimed; NULL = not until somebody acts
    Column(
        "attempts", Integer, nullable=False, server_default=text("0")
    ),  # dialed; `unspent` of the tally did not count
    Column("attempts_limit", Integer),  # as many as a person has asked for; NULL = what the retry rules allow
    Column("redialed_after", Text),  # the last call before that
    # {"at": …, "note": …, "call_id": the last or live call when it was asked for, "priority": the usual one}
    Column("callback", JSONB),
    Column("unspent_tries", Integer, nullable=False, server_default=text("0")),  # in a row (R4)
    Column(
        "tally", JSONB, nullable=False, server_default=EMPTY
    ),  # {"disposition:busy": 2, "outcome:heard": 1, "unspent": 1}
    Column("current_call_id", Text),
    Column("last_call_id", Text),
    Column("disposition", Text),
    Column("outcome", Text),
    Column("answers", JSONB, nullable=False, server_default=EMPTY),
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),
)
Index(
    "contacts_claim",
    contacts.c.campaign_id,
    contacts.c.zone,
    contacts.c.priority.desc(),
    contacts.c.due_at,
    contacts.c.id,
    postgresql_where=text(IS_CLAIMABLE),
)
# Who is due, found without reading who waits for tomorrow or for ever.
Index(
    "contacts_due",
    contacts.c.campaign_id,
    contacts.c.zone,
    contacts.c.due_at,
    postgresql_include=["id", "priority"],
    postgresql_where=text(f"{IS_CLAIMABLE} AND due_at IS NOT NULL"),
)
# Why people wait, and who is next for each reason; who was imported and not called yet has no reason.
Index(
    "contacts_by_reason",
    contacts.c.campaign_id,
    contacts.c.status,
    contacts.c.reason,
    contacts.c.due_at,
    postgresql_include=["zone"],
    postgresql_where=text(f"{IS_CLAIMABLE} AND reason IS NOT NULL"),
)
# What became of people, found in each campaign; who was imported and not called yet is in none of these.
Index(
    "contacts_of_reason",
    contacts.c.campaign_id,
    contacts.c.reason,
    contacts.c.id,
    postgresql_where=text("reason IS NOT NULL"),
)
Index(
    "contacts_of_disposition",
    contacts.c.campaign_id,
    contacts.c.disposition,
    contacts.c.id,
    postgresql_where=text("disposition IS NOT NULL"),
)
Index(
    "contacts_of_outcome",
    contacts.c.campaign_id,
    func.left(contacts.c.outcome, 200),  # an index takes no text of any length
    contacts.c.id,
    postgresql_where=text("outcome IS NOT NULL"),
)
Index("contacts_updated", contacts.c.updated_at)
Index("contacts_zones_version", contacts.c.zones_version, postgresql_where=text(IS_CLAIMABLE))
Index("contacts_by_campaign", contacts.c.campaign_id, contacts.c.id)
Index("contacts_by_status", contacts.c.status, contacts.c.id)
Index("contacts_standing", contacts.c.campaign_id, contacts.c.status, contacts.c.zone, contacts.c.id)
Index("contacts_calling", contacts.c.campaign_id, postgresql_where=text(f"status = '{ContactStatus.CALLING}'"))
Index("contacts_by_phone", contacts.c.phone)
# Who waits for a list to change, and is released when it does.
Index("contacts_wait_for_list", contacts.c.campaign_id, contacts.c.id, postgresql_where=text(WAITS_FOR_LIST))
Index(
    "contacts_expiry",
    contacts.c.not_after,
    postgresql_where=text(f"not_after IS NOT NULL AND {IS_CLAIMABLE}"),
)
Index("contacts_by_import", contacts.c.import_id, contacts.c.id, postgresql_where=text("import_id IS NOT NULL"))
Index(
    "contacts_identity_external",
    contacts.c.campaign_id,
    contacts.c.external_id,
    unique=True,
    postgresql_where=text("external_id IS NOT NULL AND NOT is_single"),
)
Index(
    "contacts_identity_phone",
    contacts.c.campaign_id,
    contacts.c.phone,
    unique=True,
    postgresql_where=text("external_id IS NULL AND NOT is_single"),
)
Index("contacts_by_external", contacts.c.external_id, postgresql_where=text("external_id IS NOT NULL"))
