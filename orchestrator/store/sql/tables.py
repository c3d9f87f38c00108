"""The SQL tables: the record of everything and the ledger of every dial."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# One live attempt per number, across campaigns; an unknown one may be ringing until it is given up. Any number of
# people may call one of ours at once.
MAY_LIVE = "(state IN ('reserved', 'dialing', 'accepted') OR (state = 'unknown' AND disposition IS NULL))"
NUMBER_GUARD = f"direction = 'outbound' AND {MAY_LIVE}"
# Who is calling us now is not dialed; no guard: a caller is never refused for a dial of ours.
CALLING_US = "direction = 'inbound' AND state = 'accepted'"

# The dials that caps count: what was withdrawn rang nobody, and who calls us is not dialed.
COUNTED_DIALS = "direction = 'outbound' AND state <> 'withdrawn'"

_NOW = text("now()")
_EMPTY = text("'{}'::jsonb")
_EMPTY_LIST = text("'[]'::jsonb")


def _moment(name: str, **options: object) -> Column[object]:
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]  # options are Column's own


flows = Table(
    "flows",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    _moment("created_at", nullable=False, server_default=_NOW),
    UniqueConstraint("name", "version"),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("calls_per_second", Float, nullable=False),
    Column("max_live_calls", Integer, nullable=False),
    _moment("updated_at", nullable=False, server_default=_NOW),
)

# One row for the whole installation: the kill switch, the epoch of Redis, the carrier this data belongs to.
installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("epoch", Text),
    Column("dialing_stopped", JSONB),
    Column("carrier", JSONB),
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
    Column("status", Text, nullable=False, server_default=text("'draft'")),
    Column("status_reason", JSONB),
    Column("caller_ids", JSONB, nullable=False, server_default=_EMPTY_LIST),
    _moment("starts_at"),
    _moment("ends_at"),
    Column("default_timezone", Text),
    Column("keep_open", Boolean, nullable=False, server_default=text("false")),
    Column("pacing", JSONB, nullable=False, server_default=_EMPTY),
    Column("calling_hours", JSONB, nullable=False, server_default=_EMPTY),
    Column("retry", JSONB, nullable=False, server_default=_EMPTY),
    Column("number_gap_s", Integer, nullable=False, server_default=text("7200")),
    Column("caps", JSONB, nullable=False, server_default=_EMPTY),  # what it says itself; the installation's hold too
    # A campaign makes five calls, and no more until a webhook has come back since then.
    _moment("proving_since"),
    Column("heard_webhooks", Boolean, nullable=False, server_default=text("false")),
    _moment("created_at", nullable=False, server_default=_NOW),
    _moment("started_at"),
    _moment("completed_at"),
)
Index("campaigns_active", campaigns.c.status, postgresql_where=text("status IN ('scheduled', 'running')"))

# The zones a campaign's contacts lie in, so that a claim can ask for the open ones only (R10).
campaign_zones = Table(
    "campaign_zones",
    metadata,
    Column("campaign_id", Text, ForeignKey("campaigns.id"), primary_key=True),
    Column("zone", Text, primary_key=True),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),  # running completed failed withdrawn
    Column("params", JSONB, nullable=False, server_default=_EMPTY),
    Column("rows", Integer, nullable=False, server_default=text("0")),
    Column("accepted", Integer, nullable=False, server_default=text("0")),
    Column("duplicates", Integer, nullable=False, server_default=text("0")),
    Column("invalid", Integer, nullable=False, server_default=text("0")),
    Column("error", JSONB),
    _moment("created_at", nullable=False, server_default=_NOW),
    _moment("touched_at", nullable=False, server_default=_NOW),
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
    Column("raw", JSONB, nullable=False, server_default=_EMPTY),
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
    Column("zone", Text, nullable=False, server_default=text("''")),
    _moment("not_before"),
    _moment("not_after"),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("variables", JSONB, nullable=False, server_default=_EMPTY),
    # A single call (POST /v1/calls) brings its own; None = the campaign's.
    Column("flow_id", Text),
    Column("caller_id", Text),
    Column("ignore_hours", Boolean, nullable=False, server_default=text("false")),
    Column("is_single", Boolean, nullable=False, server_default=text("false")),  # shares no identity with others
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    _moment("due_at", server_default=_NOW),  # waiting/held: when it may be claimed; NULL = not until somebody acts
    Column(
        "attempts", Integer, nullable=False, server_default=text("0")
    ),  # dialed; `unspent` of the tally did not count
    Column("unspent_tries", Integer, nullable=False, server_default=text("0")),  # in a row (R4)
    Column(
        "tally", JSONB, nullable=False, server_default=_EMPTY
    ),  # {"disposition:busy": 2, "outcome:heard": 1, "unspent": 1}
    Column("current_call_id", Text),
    Column("last_call_id", Text),
    Column("disposition", Text),
    Column("outcome", Text),
    Column("answers", JSONB, nullable=False, server_default=_EMPTY),
    _moment("created_at", nullable=False, server_default=_NOW),
    _moment("updated_at", nullable=False, server_default=_NOW),
)
Index(
    "contacts_claim",
    contacts.c.campaign_id,
    contacts.c.zone,
    contacts.c.priority.desc(),
    contacts.c.due_at,
    contacts.c.id,
    postgresql_where=text("status IN ('waiting', 'held')"),
)
# Who is due, found without reading who waits for tomorrow or for ever.
Index(
    "contacts_due",
    contacts.c.campaign_id,
    contacts.c.zone,
    contacts.c.due_at,
    postgresql_include=["id", "priority"],
    postgresql_where=text("status IN ('waiting', 'held') AND due_at IS NOT NULL"),
)
Index("contacts_by_campaign", contacts.c.campaign_id, contacts.c.id)
Index("contacts_by_status", contacts.c.status, contacts.c.id)
Index("contacts_standing", contacts.c.campaign_id, contacts.c.status, contacts.c.zone, contacts.c.id)
Index("contacts_calling", contacts.c.campaign_id, postgresql_where=text("status = 'calling'"))
Index("contacts_by_phone", contacts.c.phone)
Index(
    "contacts_expiry",
    contacts.c.not_after,
    postgresql_where=text("not_after IS NOT NULL AND status IN ('waiting', 'held')"),
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

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("flow_id", Text, ForeignKey("flows.id")),
    Column("direction", Text, nullable=False, server_default=text("'outbound'")),  # or 'inbound': to a number of ours
    Column("joined_contact_id", Text, ForeignKey("contacts.id")),  # inbound: whom a campaign had dialed
    Column("to_number", Text, nullable=False),
    Column("from_number", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("ignore_hours", Boolean, nullable=False, server_default=text("false")),
    # the ledger
    Column("state", Text, nullable=False, server_default=text("'reserved'")),
    Column("command_id", Text, nullable=False),
    Column("request", JSONB, nullable=False, server_default=_EMPTY),  # the dial's body, the same at every send (R2)
    Column("ring_limit_s", Integer, nullable=False),
    Column("talk_limit_s", Integer, nullable=False),
    Column("send_no", SmallInteger, nullable=False, server_default=text("0")),
    _moment("reserved_at", nullable=False, server_default=_NOW),
    _moment("published_at"),  # NULL = to be published at the next tick
    _moment("first_sent_at"),
    _moment("last_sent_at"),
    Column("unsent", SmallInteger, nullable=False, server_default=text("0")),  # bit n-1: send n surely dialed nobody
    Column("answered_send", SmallInteger, nullable=False, server_default=text("0")),  # the send whose answer came
    Column("send_over", SmallInteger, nullable=False, server_default=text("0")),  # the send that is under way no more
    _moment("accepted_at"),
    _moment("deadline_at"),
    _moment("unknown_at"),
    Column("absences", SmallInteger, nullable=False, server_default=text("0")),  # among active calls (R21)
    _moment("absent_at"),
    Column("withdrawn_reason", Text),
    # the record
    Column("call_control_id", Text),
    Column("call_leg_id", Text),
    Column("call_session_id", Text),
    _moment("dialed_at"),
    _moment("answered_at"),
    _moment("ended_at"),
    Column("disposition", Text),
    Column("outcome", Text),
    Column("answers", JSONB, nullable=False, server_default=_EMPTY),
    Column("amd_result", Text),
    Column("hangup_cause", Text),
    Column("hangup_source", Text),
    Column("sip_hangup_cause", Text),
    Column("telnyx_error", JSONB(none_as_null=True)),
    Column("fault", Text),  # the carrier's own: the attempt is not spent
    Column("end_assumed", Boolean, nullable=False, server_default=text("false")),  # nobody told us (R14)
    Column("error", JSONB),
    Column("cost", JSONB),
    Column("recordings", JSONB, nullable=False, server_default=_EMPTY_LIST),
)
Index(
    "calls_attempt",
    calls.c.contact_id,
    calls.c.attempt,
    unique=True,
    postgresql_where=text("state <> 'withdrawn'"),
)
Index(
    "calls_number_guard",
    calls.c.to_number,
    unique=True,
    postgresql_where=text(NUMBER_GUARD),
)
Index("calls_calling_us", calls.c.from_number, postgresql_where=text(CALLING_US))
Index("calls_open", calls.c.state, calls.c.id, postgresql_where=text("state NOT IN ('ended', 'withdrawn')"))
Index("calls_unjudged", calls.c.absent_at, postgresql_where=text("state = 'unknown' AND disposition IS NULL"))
Index("calls_unknown", calls.c.campaign_id, calls.c.id, postgresql_where=text("state = 'unknown'"))
Index("calls_by_campaign", calls.c.campaign_id, calls.c.id)
Index("calls_reserved", calls.c.campaign_id, calls.c.reserved_at)
# What is rare is found as quickly as what is frequent; written once, at a call's end.
_HAS_DISPOSITION, _HAS_OUTCOME = text("disposition IS NOT NULL"), text("outcome IS NOT NULL")
Index("calls_by_disposition", calls.c.disposition, calls.c.id, postgresql_where=_HAS_DISPOSITION)
Index("calls_of_disposition", calls.c.campaign_id, calls.c.disposition, calls.c.id, postgresql_where=_HAS_DISPOSITION)
OUTCOME_BEGINS = func.left(calls.c.outcome, 200)  # an index takes no text of any length
Index("calls_by_outcome", OUTCOME_BEGINS, calls.c.id, postgresql_where=_HAS_OUTCOME)
Index("calls_of_outcome", calls.c.campaign_id, OUTCOME_BEGINS, calls.c.id, postgresql_where=_HAS_OUTCOME)
Index("calls_withdrawn", calls.c.id, postgresql_where=text("state = 'withdrawn'"))
Index("calls_inbound", calls.c.id, postgresql_where=text("direction = 'inbound'"))
Index("calls_ended", calls.c.ended_at, postgresql_where=text("ended_at IS NOT NULL"))
Index("calls_by_contact", calls.c.contact_id, calls.c.id)
Index("calls_by_number", calls.c.to_number, calls.c.last_sent_at.desc())
Index("calls_dials_to_number", calls.c.to_number, calls.c.last_sent_at.desc(), postgresql_where=text(COUNTED_DIALS))
Index("calls_dials_from_number", calls.c.from_number, calls.c.last_sent_at.desc(), postgresql_where=text(COUNTED_DIALS))
Index("calls_by_control_id", calls.c.call_control_id)
# A call that comes in is told more than once, and is one call.
Index(
    "calls_inbound_leg",
    calls.c.call_control_id,
    unique=True,
    postgresql_where=text("direction = 'inbound'"),
)
Index("calls_by_joined_contact", calls.c.joined_contact_id, postgresql_where=text("joined_contact_id IS NOT NULL"))

call_events = Table(
    "call_events",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),  # the order in which the call took notice
    Column("kind", Text, nullable=False),  # event or command
    Column("type", Text, nullable=False),
    Column("leg", Text, nullable=False, server_default=text("'A'")),  # the call's own; B, C … of its transfers
    _moment("occurred_at", nullable=False),
    _moment("recorded_at", nullable=False),
    Column("payload", JSONB, nullable=False, server_default=_EMPTY),
)

# What the carrier recorded; the carrier's own `recording_id` (or the event's) tells it once per call.
recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),
    Column("campaign_id", Text, nullable=False),  # the call's; a trigger writes it (migration 0013)
    Column("told_as", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    _moment("told_at", nullable=False),  # by the carrier's clock: its links live from here
    Column("recording_id", Text),
    Column("leg", Text, nullable=False),
    Column("channels", Text),
    Column("format", Text),
    _moment("started_at"),
    _moment("ended_at"),
    Column("urls", JSONB, nullable=False, server_default=_EMPTY),
    Column("public_urls", JSONB, nullable=False, server_default=_EMPTY),
    # fetched incomplete stored_elsewhere failed, erased until cleared
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    _moment("due_at", server_default=_NOW),  # pending/erased: when it may be taken, the end of a lease too
    Column("lease", Text),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("place", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("error", JSONB),
    _moment("fetched_at"),
    _moment("created_at", nullable=False, server_default=_NOW),
    UniqueConstraint("call_id", "told_as"),
)
Index("recordings_by_state", recordings.c.state, recordings.c.id)
Index("recordings_by_campaign", recordings.c.campaign_id, recordings.c.id)
Index("recordings_of_state", recordings.c.campaign_id, recordings.c.state, recordings.c.id)
Index("recordings_due", recordings.c.due_at, postgresql_where=text("state IN ('pending', 'erased')"))

# Numbers of ours that take calls: which flow, and whose home campaign the calls lie in.
numbers = Table(
    "numbers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("flow_id", Text, ForeignKey("flows.id"), nullable=False),
    Column("home_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("join_days", Integer),  # NULL: the installation's ORCHESTRATOR_INBOUND_JOIN_DAYS
    _moment("created_at", nullable=False, server_default=_NOW),
    _moment("updated_at", nullable=False, server_default=_NOW),
)

# What holds, and what has expired until somebody asks again. Its shape is what the version before writes to.
suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("phone", Text, nullable=False),
    Column("scope", Text, nullable=False),  # 'global' or a campaign id
    Column("reason", Text, nullable=False),  # the first who asked
    Column("call_id", Text),
    _moment("expires_at"),  # the longest anybody asked for
    _moment("created_at", nullable=False, server_default=_NOW),
    UniqueConstraint("phone", "scope"),
)

# What was lifted, by somebody or by its expiry, moves here, as it was; a trigger moves what an older version deletes.
lifted_suppressions = Table(
    "lifted_suppressions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("phone", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("call_id", Text),
    _moment("expires_at"),
    _moment("created_at", nullable=False),
    _moment("lifted_at", nullable=False),
    Column("lifted_by", Text, nullable=False),
    Column("because", Text),
)
Index("lifted_suppressions_by_phone", lifted_suppressions.c.phone)

# Who asked for a suppression, in what words and until when: never changed, and kept when the suppression is lifted.
suppression_requests = Table(
    "suppression_requests",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("suppression_id", Text, nullable=False),  # of either table
    Column("asked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _moment("expires_at"),
    Column("call_id", Text),
    _moment("asked_at", nullable=False, server_default=_NOW),
)
Index("suppression_requests_by_suppression", suppression_requests.c.suppression_id)
Index(
    "suppression_requests_by_call",
    suppression_requests.c.call_id,
    postgresql_where=text("call_id IS NOT NULL"),
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
    Column("n", Integer, nullable=False),
)
Index("tally_changes_by_campaign", tally_changes.c.campaign_id, tally_changes.c.subject)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # who and what: a hash of the API key, method and path
    Column("body_hash", Text, nullable=False),
    Column("status", SmallInteger),
    Column("response", LargeBinary),
    Column("content_type", Text),
    _moment("created_at", nullable=False, server_default=_NOW),
)
Index("idempotency_keys_age", idempotency_keys.c.created_at)

__all__ = [
    "call_events",
    "calls",
    "campaign_zones",
    "campaigns",
    "connections",
    "contacts",
    "flows",
    "idempotency_keys",
    "import_rejects",
    "imports",
    "installation",
    "metadata",
    "numbers",
    "recordings",
    "suppression_requests",
    "suppressions",
    "tallies",
    "tally_changes",
]
