"""Calls (the dial ledger and the record in one row), their timelines and their recordings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.attempt_state import FINAL_STATES, LIVE, AttemptState
from orchestrator.model.disposition import TALKED_TO
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables.columns import EMPTY, EMPTY_LIST, NOW, metadata, moment

# One live attempt per number, across campaigns; an unknown one may be ringing until it is given up. Any number of
# people may call one of ours at once.
MAY_LIVE = f"(state IN {one_of(LIVE)} OR (state = '{AttemptState.UNKNOWN}' AND disposition IS NULL))"
NUMBER_GUARD = f"direction = 'outbound' AND {MAY_LIVE}"
# Who is calling us now is not dialed; no guard: a caller is never refused for a dial of ours.
CALLING_US = f"direction = 'inbound' AND state = '{AttemptState.ACCEPTED}'"

# The dials that caps count: what was withdrawn rang nobody, and who calls us is not dialed.
COUNTED_DIALS = f"direction = 'outbound' AND state <> '{AttemptState.WITHDRAWN}'"
CONVERSATION = f"disposition IN {one_of(TALKED_TO)} AND NOT abandoned"

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign_id", Text, ForeignKey("campaigns.id"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("flow_id", Text, ForeignKey("flows.id")),
    Column("direction", Text, nullable=False, server_default=text("'outbound'")),  # or 'inbound': to a number of ours
    # Inbound: whom a campaign had dialed. Outbound: whose values are heard in a test call.
    Column("joined_contact_id", Text, ForeignKey("contacts.id")),
    Column("to_number", Text, nullable=False),
    Column("number_key", LargeBinary),  # outbound: to_number's keyed hash, which stays; a trigger writes it
    Column("from_number", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("ignore_hours", Boolean, nullable=False, server_default=text("false")),
    # the ledger
    Column("state", Text, nullable=False, server_default=text(f"'{AttemptState.RESERVED}'")),
    Column("command_id", Text, nullable=False),
    Column("request", JSONB, nullable=False, server_default=EMPTY),  # the dial's body, the same at every send (R2)
    Column("ring_limit_s", Integer, nullable=False),
    Column("talk_limit_s", Integer, nullable=False),
    Column("send_no", SmallInteger, nullable=False, server_default=text("0")),
    moment("reserved_at", nullable=False, server_default=NOW),
    moment("published_at"),  # NULL = to be published at the next tick
    moment("first_sent_at"),
    moment("last_sent_at"),
    Column("unsent", SmallInteger, nullable=False, server_default=text("0")),  # bit n-1: send n surely dialed nobody
    Column("answered_send", SmallInteger, nullable=False, server_default=text("0")),  # the send whose answer came
    Column("send_over", SmallInteger, nullable=False, server_default=text("0")),  # the send that is under way no more
    moment("accepted_at"),
    moment("deadline_at"),
    moment("unknown_at"),
    Column("absences", SmallInteger, nullable=False, server_default=text("0")),  # among active calls (R21)
    moment("absent_at"),
    Column("withdrawn_reason", Text),
    # the record
    Column("call_control_id", Text),
    Column("call_leg_id", Text),
    Column("call_session_id", Text),
    moment("dialed_at"),
    moment("answered_at"),
    moment("ended_at"),
    Column("disposition", Text),
    Column("outcome", Text),
    Column("answers", JSONB, nullable=False, server_default=EMPTY),
    Column("amd_result", Text),
    Column("hangup_cause", Text),
    Column("hangup_source", Text),
    Column("sip_hangup_cause", Text),
    Column("telnyx_error", JSONB(none_as_null=True)),
    Column("fault", Text),  # the carrier's own: the attempt is not spent
    Column("end_assumed", Boolean, nullable=False, server_default=text("false")),  # no hangup webhook came (R14)
    Column("error", JSONB),
    Column("cost", JSONB),
    # What a person heard who answered (model/hearing.py); `silent` is NULL where nobody was measured.
    Column("heard_after_ms", Integer),
    Column("silent", Boolean),
    Column("opted_out", Boolean),
    Column("bridged", Boolean),  # with somebody; NULL too for calls that were over before it was counted
    Column("spent", Numeric),  # reserved by the claim where the campaign has a budget; the carrier's cost once told
    Column("recordings", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column(
        "abandoned", Boolean, nullable=False, server_default=text("false")
    ),  # somebody answered and heard nothing in time
)
Index(
    "calls_attempt",
    calls.c.contact_id,
    calls.c.attempt,
    unique=True,
    postgresql_where=text(f"state <> '{AttemptState.WITHDRAWN}'"),
)
Index(
    "calls_number_guard",
    calls.c.to_number,
    unique=True,
    postgresql_where=text(NUMBER_GUARD),
)
Index("calls_calling_us", calls.c.from_number, postgresql_where=text(CALLING_US))
Index("calls_open", calls.c.state, calls.c.id, postgresql_where=text(f"state NOT IN {one_of(FINAL_STATES)}"))
Index(
    "calls_unjudged",
    calls.c.absent_at,
    postgresql_where=text(f"state = '{AttemptState.UNKNOWN}' AND disposition IS NULL"),
)
Index("calls_unknown", calls.c.campaign_id, calls.c.id, postgresql_where=text(f"state = '{AttemptState.UNKNOWN}'"))
Index("calls_by_campaign", calls.c.campaign_id, calls.c.id)
Index("calls_reserved", calls.c.campaign_id, calls.c.reserved_at)
# What is rare is found as quickly as what is frequent; written once, at a call's end.
_HAS_DISPOSITION, _HAS_OUTCOME = text("disposition IS NOT NULL"), text("outcome IS NOT NULL")
Index("calls_by_disposition", calls.c.disposition, calls.c.id, postgresql_where=_HAS_DISPOSITION)
Index("calls_of_disposition", calls.c.campaign_id, calls.c.disposition, calls.c.id, postgresql_where=_HAS_DISPOSITION)
OUTCOME_BEGINS = func.left(calls.c.outcome, 200)  # an index takes no text of any length
Index("calls_by_outcome", OUTCOME_BEGINS, calls.c.id, postgresql_where=_HAS_OUTCOME)
Index("calls_of_outcome", calls.c.campaign_id, OUTCOME_BEGINS, calls.c.id, postgresql_where=_HAS_OUTCOME)
Index("calls_withdrawn", calls.c.id, postgresql_where=text(f"state = '{AttemptState.WITHDRAWN}'"))
Index("calls_inbound", calls.c.id, postgresql_where=text("direction = 'inbound'"))
Index("calls_ended", calls.c.ended_at, postgresql_where=text("ended_at IS NOT NULL"))
# The newest people who answered a campaign, whom its guards look at.
Index(
    "calls_people_of",
    calls.c.campaign_id,
    calls.c.answered_at.desc(),
    postgresql_include=["silent", "opted_out"],
    postgresql_where=text("silent IS NOT NULL"),
)
Index("calls_by_contact", calls.c.contact_id, calls.c.id)
Index("calls_by_number", calls.c.to_number, calls.c.last_sent_at.desc())
# By the key: who is called is counted whatever campaign, and whatever became of the person's data.
_BY_KEY = (calls.c.number_key, calls.c.ended_at.desc())
Index(
    "calls_dials_to_number_key",
    calls.c.number_key,
    calls.c.last_sent_at.desc(),
    postgresql_where=text(COUNTED_DIALS),
)
Index("calls_conversations", *_BY_KEY, postgresql_where=text(CONVERSATION))
Index("calls_abandoned", *_BY_KEY, postgresql_where=text("abandoned"))
Index("calls_dials_from_number", calls.c.from_number, calls.c.last_sent_at.desc(), postgresql_where=text(COUNTED_DIALS))
Index("calls_by_control_id", calls.c.call_control_id)
# An inbound call is reported more than once, and is one call.
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
    moment("occurred_at", nullable=False),
    moment("recorded_at", nullable=False),
    Column("payload", JSONB, nullable=False, server_default=EMPTY),
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
    moment("told_at", nullable=False),  # by the carrier's clock: its links live from here
    Column("recording_id", Text),
    Column("leg", Text, nullable=False),
    Column("channels", Text),
    Column("format", Text),
    moment("started_at"),
    moment("ended_at"),
    Column("urls", JSONB, nullable=False, server_default=EMPTY),
    Column("public_urls", JSONB, nullable=False, server_default=EMPTY),
    # fetched incomplete stored_elsewhere failed, erased until cleared
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    moment("due_at", server_default=NOW),  # pending/erased: when it may be taken, the end of a lease too
    Column("lease", Text),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("place", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("error", JSONB),
    moment("fetched_at"),
    moment("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("call_id", "told_as"),
)
Index("recordings_by_state", recordings.c.state, recordings.c.id)
Index("recordings_by_campaign", recordings.c.campaign_id, recordings.c.id)
Index("recordings_of_state", recordings.c.campaign_id, recordings.c.state, recordings.c.id)
Index("recordings_due", recordings.c.due_at, postgresql_where=text("state IN ('pending', 'erased')"))
