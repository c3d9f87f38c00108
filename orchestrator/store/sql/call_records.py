"""Writes the record of a call when it has ended, and amends it when a late fact arrives (R18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.attempt_state import ATTEMPT_TRANSITIONS, FINAL_STATES, LIVE, AttemptState
from orchestrator.model.call_end import CallEnd, end_of
from orchestrator.model.contact_status import CONTACT_TRANSITIONS, ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.model.hearing import hearing_of
from orchestrator.model.live_call import LiveCall, Suppression
from orchestrator.policy.guards.budget import cost_told
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.callbacks import FIRST_IN_LINE, USUAL_PRIORITY
from orchestrator.store.sql.consent_facts import is_revoked
from orchestrator.store.sql.erased_calls import ERASED, IS_ERASED
from orchestrator.store.sql.listed_numbers import is_left_out, is_listed
from orchestrator.store.sql.opt_outs import IN_FORCE, Asked, write_opt_outs
from orchestrator.store.sql.state_changes import sources_of

# All calls before any contact, each by their ids: the order of all who lock both.
# What the transaction asks behind it is planned once for all batches: planning costs more than the answers.
_LOCK = text(
    """
    WITH theirs AS MATERIALIZED (SELECT contact_id FROM calls WHERE id = ANY(:ids) ORDER BY id FOR UPDATE)
    SELECT c.id, set_config('plan_cache_mode', 'force_generic_plan', true) FROM contacts c
    WHERE c.id = ANY(ARRAY(SELECT contact_id FROM theirs)) ORDER BY c.id FOR UPDATE
    """
)
_READ = text(
    f"""
    SELECT k.id, k.state, k.campaign_id, k.contact_id, k.connection_id, k.direction, k.disposition AS old_disposition,
           k.fault AS old_fault, k.from_number,
           CASE k.direction WHEN 'inbound' THEN k.from_number ELSE k.to_number END AS their_number,
           k.outcome AS old_outcome, {IS_ERASED} AS is_erased, k.answers AS old_answers, k.dialed_at,
           c.status AS contact_status, c.current_call_id, c.last_call_id, c.attempts, c.attempts_limit,
           c.redialed_after, c.callback, c.is_single, c.tally,
           c.reason AS contact_reason, c.due_at::text AS due_at_text,
           coalesce(k.reserved_at < (SELECT restored_at FROM installation), false) AS is_restored,
           EXISTS (SELECT 1 FROM suppressions s WHERE s.phone = k.to_number AND s.scope IN ('global', k.campaign_id)
                   AND {IN_FORCE}) OR {is_listed("k.to_number", "g", number_key="k.number_key")}
               OR {is_revoked("k.number_key", campaign="g")} AS is_suppressed,
           {is_left_out("k.to_number", "g")} AS is_left_out,
           g.retry::text AS retry, g.status AS campaign_status, g.kind,
           g.spend->>'currency' AS budget_currency, clock_timestamp() AS db_now
    FROM calls k JOIN contacts c ON c.id = k.contact_id JOIN campaigns g ON g.id = k.campaign_id
    WHERE k.id = ANY(:ids)
    """  # noqa: S608 built from constants
)

# A carrier that said no may have called all the same: then it was an attempt, behind those that were made since.
_COUNT_ATTEMPTS = text(
    f"""
    WITH rang AS (
        UPDATE calls k SET attempt = 1 + (SELECT coalesce(max(o.attempt), 0) FROM calls o
            WHERE o.contact_id = k.contact_id AND o.state <> '{AttemptState.WITHDRAWN}')
        WHERE k.id = ANY(:ids) RETURNING contact_id)
    UPDATE contacts c SET attempts = c.attempts + 1 FROM rang WHERE c.id = rang.contact_id
    """  # noqa: S608 built from constants
)

_CALLS = text(
    f"""
    UPDATE calls k SET state = '{AttemptState.ENDED}', disposition = r.disposition, outcome = r.outcome,
        answers = r.answers, amd_result = r.amd_result, hangup_cause = r.hangup_cause, hangup_source = r.hangup_source,
        sip_hangup_cause = r.sip_hangup_cause, telnyx_error = r.telnyx_error, fault = r.fault,
        end_assumed = r.end_assumed, error = r.error,
        cost = r.cost, heard_after_ms = r.heard_after_ms, abandoned = r.abandoned, silent = r.silent,
        opted_out = r.opted_out, bridged = r.bridged,
        spent = coalesce(r.cost_told, CASE WHEN r.was_unanswered THEN k.spent * 0 ELSE k.spent END),
        recordings = r.recordings, answered_at = r.answered_at,
        ended_at = coalesce(r.ended_at, k.ended_at, now()),
        call_control_id = coalesce(k.call_control_id, r.call_control_id),
        call_leg_id = coalesce(k.call_leg_id, r.call_leg_id),
        call_session_id = coalesce(k.call_session_id, r.call_session_id)
    FROM jsonb_to_recordset(:records) AS r(
        call_id text, disposition text, outcome text, answers jsonb, amd_result text, hangup_cause text,
        hangup_source text, sip_hangup_cause text, telnyx_error jsonb, fault text, end_assumed boolean, error jsonb,
        cost jsonb, heard_after_ms int, abandoned boolean, silent boolean, opted_out boolean,
        bridged boolean,
        cost_told numeric, was_unanswered boolean, recordings jsonb, answered_at timestamptz, ended_at timestamptz,
        call_control_id text, call_leg_id text, call_session_id text)
    WHERE k.id = r.call_id
    """  # noqa: S608 built from constants
).bindparams(bindparam("records", type_=JSONB))

_CONTACTS = text(
    f"""
    UPDATE contacts c SET status = r.status, reason = r.reason, due_at = r.due_at::timestamptz, current_call_id = NULL,
        last_call_id = r.call_id, attempts = r.attempts, tally = r.tally, unspent_tries = 0,
        disposition = r.disposition, outcome = r.outcome, answers = r.answers, updated_at = now(),
        attempts_limit = coalesce(r.attempts_limit, c.attempts_limit),
        redialed_after = CASE r.callback WHEN 'begins' THEN r.call_id ELSE c.redialed_after END,
        priority = CASE r.callback WHEN 'begins' THEN {FIRST_IN_LINE} WHEN 'stays' THEN c.priority
            ELSE {USUAL_PRIORITY} END,
        callback = CASE r.callback WHEN 'stays' THEN c.callback WHEN 'begins' THEN jsonb_build_object(
            'at', r.due_at, 'note', r.note, 'call_id', r.call_id, 'priority', {USUAL_PRIORITY}) END
    FROM jsonb_to_recordset(:contacts) AS r(
        contact_id text, call_id text, status text, reason text, due_at text, attempts int, tally jsonb,
        disposition text, outcome text, answers jsonb, attempts_limit int, callback text, note text)
    WHERE c.id = r.contact_id
    """  # noqa: S608 built from constants
).bindparams(bindparam("contacts", type_=JSONB))

_TIMELINE = text(
    """
    INSERT INTO call_events (call_id, event_id, position, kind, type, leg, occurred_at, recorded_at, payload)
    SELECT call_id, event_id, position, kind, type, leg, occurred_at, recorded_at, payload
    FROM jsonb_to_recordset(:lines) AS r(call_id text, event_id text, position bigint, kind text, type text,
        leg text, occurred_at timestamptz, recorded_at timestamptz, payload jsonb)
    ON CONFLICT (call_id, event_id) DO NOTHING
    """
).bindparams(bindparam("lines", type_=JSONB))

_HOLD_UNRECORDED = text(
    f"UPDATE contacts SET status = '{ContactStatus.HELD}', reason = '{Reason.RECORD_FAILED}', due_at = NULL, "  # noqa: S608
    "updated_at = now(), last_call_id = current_call_id, current_call_id = NULL "
    f"WHERE current_call_id = :call_id AND status IN {sources_of(ContactStatus.HELD)}"
)
_NOT_OVER = (*LIVE, AttemptState.UNKNOWN)  # `reserved` too: PostgreSQL may have lost the send
_END_UNRECORDED = text(
    f"UPDATE calls SET state = '{AttemptState.ENDED}', disposition = '{Disposition.FAILED}', ended_at = now(), "  # noqa: S608
    'error = \'{"code": "record_failed", "title": "The result could not be recorded"}\' '
    f"WHERE id = :call_id AND state IN {sources_of(AttemptState.ENDED, among=_NOT_OVER)}"
)


@dataclass(frozen=True)
class Record:
    """An ended call, with its row and its contact as they were before."""

    call: LiveCall
    row: RowMapping
    end: CallEnd

    @property
    def disposition(self) -> Disposition:
        """How the call ended."""
        return self.end.disposition

    @property
    def end_as_told(self) -> tuple[str, str | None]:
        """The disposition and the carrier's fault, as their columns have them."""
        return self.end.disposition.value, self.end.fault.value if self.end.fault else None

    @property
    def is_first_end(self) -> bool:
        """Whether this is the call's end, not an amendment of it."""
        return self.row["state"] not in FINAL_STATES

    @property
    def rang_all_the_same(self) -> bool:
        """Whether its attempt was withdrawn because the carrier had said no to it."""
        return bool(self.row["state"] == AttemptState.WITHDRAWN)

    def kept(self, line: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a line of the timeline as the record keeps it."""
        return {**line, "payload": {}, "note": None} if self.row["is_erased"] else line


@dataclass(frozen=True)
class ContactAfter:
    """What an ended call makes of its contact; `due_at` is ISO text, None for ever.

    Raises ForbiddenTransition where a contact in `source` may not be in `status` next.
    """

    contact_id: str
    call_id: str
    source: ContactStatus
    status: ContactStatus
    reason: str | None
    due_at: str | None
    attempts: int
    tally: Mapping[str, int]
    disposition: str
    outcome: str | None
    answers: Mapping[str, Any]
    attempts_limit: int | None = None  # None: as it was
    callback: Literal["begins", "stays", "ends"] = "ends"
    note: str | None = None  # of a callback that begins

    def __post_init__(self) -> None:
        CONTACT_TRANSITIONS.check(self.source, self.status)


def lock_for_record(tx: Connection, call_ids: Sequence[str]) -> dict[str, RowMapping]:
    """Lock these calls with their contacts and return them by call id.

    Read behind the locks: a campaign that was canceled before is seen, and a cancel that comes later waits for them.
    """
    tx.execute(_LOCK, {"ids": list(call_ids)})
    return {row["id"]: row for row in tx.execute(_READ, {"ids": list(call_ids)}).mappings()}


def record_of(call: LiveCall, row: RowMapping) -> Record:
    """Return the record that `call` makes of `row`; personal data is left out once its contact is erased."""
    return Record(call.erased() if row["is_erased"] else call, row, end_of(call))


def write_calls(tx: Connection, records: Sequence[Record]) -> None:
    """Make these calls final, or amend them; raises ForbiddenTransition for one that was never sent."""
    for record in records:
        ATTEMPT_TRANSITIONS.check(AttemptState(record.row["state"]), AttemptState.ENDED)
    if rang := [record.call.call_id for record in records if record.rang_all_the_same]:
        tx.execute(_COUNT_ATTEMPTS, {"ids": rang})
    if records:
        tx.execute(_CALLS, {"records": [_call_row(record) for record in records]})


def write_contacts(tx: Connection, contacts: Sequence[ContactAfter]) -> None:
    """Write the contacts' states after their calls."""
    if contacts:
        tx.execute(_CONTACTS, {"contacts": [asdict(contact) for contact in contacts]})


def write_timelines(tx: Connection, timelines: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Add lines that are not yet in the timelines of these calls; an event id is stored once per call (R17)."""
    rows = [row for call_id, lines in timelines.items() for row in _timeline_rows(call_id, lines)]
    if rows:
        tx.execute(_TIMELINE, {"lines": rows})


def write_suppressions(tx: Connection, records: Sequence[Record]) -> None:
    """Write the suppressions that these calls' flows requested; an amended call does not request them again."""
    wishes = [
        Asked(number, _scope(wish, record), wish.reason, asked_by="flow", call_id=record.call.call_id)
        for record in records
        if (number := _their_number(record))
        for wish in record.call.suppressions
    ]
    write_opt_outs(tx, wishes)


def _their_number(record: Record) -> str | None:
    # The number of an erased person who opted out is known from the live state alone, as long as that lasts.
    number = str(record.call.to if record.row["is_erased"] else record.row["their_number"])
    return None if number.startswith(ERASED) else number


def _scope(wish: Suppression, record: Record) -> str:
    # Inbound calls lie in a hidden campaign: the request names the campaign whose contact has called.
    came_in = record.row["direction"] == "inbound"
    return wish.scope if wish.scope == "global" or came_in else str(record.row["campaign_id"])


def hold_unrecorded(tx: Connection, call_id: str) -> None:
    """Hold the contact of a call whose result cannot be written, until an operator acts."""
    tx.execute(_HOLD_UNRECORDED, {"call_id": call_id})


def end_unrecorded(tx: Connection, call_id: str) -> None:
    """End such a call's row all the same, so that its number and its channel are free; a replay amends it."""
    tx.execute(_END_UNRECORDED, {"call_id": call_id})


def _call_row(record: Record) -> dict[str, Any]:
    call = record.call
    hearing = hearing_of(call, record.disposition)
    cost = cost_told(call.cost, currency=record.row["budget_currency"] or "")
    return {
        "call_id": call.call_id,
        "disposition": record.disposition.value,
        "outcome": call.outcome,
        "answers": call.answers,
        "amd_result": call.amd_result,
        "end_assumed": call.hangup_assumed,
        "hangup_cause": call.hangup_cause,
        "hangup_source": call.hangup_source,
        "sip_hangup_cause": call.sip_hangup_cause,
        "telnyx_error": call.telnyx_error,
        "fault": record.end.fault and record.end.fault.value,
        "error": call.error,
        "cost": call.cost,
        "heard_after_ms": hearing.after_ms,
        "abandoned": hearing.abandoned,
        "silent": hearing.silent,
        "opted_out": hearing.opted_out,
        "bridged": hearing.bridged,
        "cost_told": None if cost is None else str(cost),
        # The carrier bills what was answered; where the end is only assumed, that may have been.
        "was_unanswered": call.answered_at is None and not call.hangup_assumed,
        "recordings": list(call.recordings),
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
    }


def _timeline_rows(call_id: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    of_moment = Counter[int]()
    for line in lines:
        recorded_ms = int(line["recorded_at"].timestamp() * 1000)
        yield {
            "call_id": call_id,
            "event_id": line["id"],
            # Lines of one moment keep the order in which the call took notice.
            "position": recorded_ms * 1000 + of_moment[recorded_ms],
            "kind": line["kind"],
            "type": line["type"],
            "leg": line["leg"],
            "occurred_at": line["at"],
            "recorded_at": line["recorded_at"],
            "payload": {**line["payload"], **({"note": line["note"]} if line.get("note") else {})},
        }
        of_moment[recorded_ms] += 1
