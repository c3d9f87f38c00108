"""The SQL tables: the record of everything and the ledger of every dial."""

from __future__ import annotations

from orchestrator.store.sql.tables.access import api_keys, audit_events
from orchestrator.store.sql.tables.bulk_changes import bulk_changes
from orchestrator.store.sql.tables.caller_ids import caller_id_pools, caller_id_states
from orchestrator.store.sql.tables.calls import (
    CALLING_US,
    CONVERSATION,
    COUNTED_DIALS,
    MAY_LIVE,
    NUMBER_GUARD,
    OUTCOME_BEGINS,
    call_events,
    calls,
    recordings,
)
from orchestrator.store.sql.tables.campaigns import campaign_zones, campaigns, connections, tallies, tally_changes
from orchestrator.store.sql.tables.columns import metadata
from orchestrator.store.sql.tables.consents import consent_events
from orchestrator.store.sql.tables.contacts import contacts, import_rejects, imports
from orchestrator.store.sql.tables.events import events, new_events, webhook_deliveries, webhook_endpoints
from orchestrator.store.sql.tables.flows import flows, numbers
from orchestrator.store.sql.tables.installation import idempotency_keys, installation, policy_changes
from orchestrator.store.sql.tables.lifted_holds import lifted_holds
from orchestrator.store.sql.tables.lists import list_changes, list_contents, list_entries, lists
from orchestrator.store.sql.tables.search import contact_words, contact_words_backlog, contact_words_due
from orchestrator.store.sql.tables.suppressions import lifted_suppressions, suppression_requests, suppressions
from orchestrator.store.sql.tables.users import sign_in_links, sign_in_sessions, users

__all__ = [
    "CALLING_US",
    "CONVERSATION",
    "COUNTED_DIALS",
    "MAY_LIVE",
    "NUMBER_GUARD",
    "OUTCOME_BEGINS",
    "api_keys",
    "audit_events",
    "bulk_changes",
    "call_events",
    "caller_id_pools",
    "caller_id_states",
    "calls",
    "campaign_zones",
    "campaigns",
    "connections",
    "consent_events",
    "contact_words",
    "contact_words_backlog",
    "contact_words_due",
    "contacts",
    "events",
    "flows",
    "idempotency_keys",
    "import_rejects",
    "imports",
    "installation",
    "lifted_holds",
    "lifted_suppressions",
    "list_changes",
    "list_contents",
    "list_entries",
    "lists",
    "metadata",
    "new_events",
    "numbers",
    "policy_changes",
    "recordings",
    "sign_in_links",
    "sign_in_sessions",
    "suppression_requests",
    "suppressions",
    "tallies",
    "tally_changes",
    "users",
    "webhook_deliveries",
    "webhook_endpoints",
]
