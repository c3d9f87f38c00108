"""Writes ended calls, and what follows for their contacts, to the record: the one way to end an attempt.

A call that still lives comes here when it was recorded: then its recordings are written, and nothing else. It also
comes when it was answered, while somebody wants to be told: then that is noted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from sqlalchemy import Connection, Engine, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import unix_ms
from orchestrator.counts import count
from orchestrator.errors import NewerLiveState
from orchestrator.model.live_call import LiveCall
from orchestrator.model.metric import Metric
from orchestrator.model.recording import reported_recordings
from orchestrator.operations.calls.next_contact_status import contact_after
from orchestrator.operations.dialing.pause_refused_campaigns import pause_refused_campaigns
from orchestrator.store.doubt import DOUBTS, is_really_away
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.event_streams import acknowledge, bury, count_failure
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import UnreadableLiveState, forget_later, load_many, read_logs
from orchestrator.store.redis.rate_limiter import RateLimit, return_reservation
from orchestrator.store.sql.call_records import (
    Record,
    end_unrecorded,
    hold_unrecorded,
    lock_for_record,
    record_of,
    write_calls,
    write_contacts,
    write_suppressions,
    write_timelines,
)
from orchestrator.store.sql.early_answers import note_answers
from orchestrator.store.sql.recordings import write_recordings
from orchestrator.telnyx.answers import Refused, sort_hangup_error
from orchestrator.traces import ROOT, add_span

log = logging.getLogger(__name__)

GIVE_UP_AFTER = 5
_T = TypeVar("_T")

RawEntry = tuple[bytes, Mapping[bytes, bytes]]


@dataclass(frozen=True)
class _Ended:
    entries: tuple[RawEntry, ...]
    call: LiveCall
    timeline: Sequence[Mapping[str, Any]]


_Entries = Mapping[str, Sequence[RawEntry]]


class CallFinalizer:
    """Takes entries of the `ended` stream to the record; idempotent, any number of them may run."""

    def __init__(self, *, sql: Engine, client: redis.Redis, keys: Keys) -> None:
        self._sql = sql
        self._redis = client
        self._keys = keys

    def finalize_calls(self, entries: Sequence[RawEntry]) -> int:
        """Record these calls; return how many were ended for the first time. Raises when a store is away (R18)."""
        by_call: dict[str, list[RawEntry]] = {}
        for entry in self._note_answers(entries):
            by_call.setdefault(entry[1][b"call"].decode(), []).append(entry)
        try:
            return self._finalize(by_call)
        except Exception as err:
            if is_really_away(err, self._sql):
                raise
            log.exception("a batch could not be recorded: one by one")
            return sum(self._finalize_alone(call_id, found) for call_id, found in by_call.items())

    def _note_answers(self, entries: Sequence[RawEntry]) -> Sequence[RawEntry]:
        """Note the answers of live calls and return the other entries; what cannot be noted the call's end tells."""
        answers = [entry for entry in entries if b"answered" in entry[1]]
        if not answers:
            return entries
        try:
            with self._sql.begin() as tx:
                note_answers(tx, {fields[b"call"].decode(): fields[b"answered"].decode() for _, fields in answers})
        except SQLAlchemyError as err:
            if is_really_away(err, self._sql):
                raise
            log.exception("answers are told with the ends of their calls")
        self._acknowledge(answers)
        return [entry for entry in entries if b"answered" not in entry[1]]

    def _finalize(self, by_call: _Entries) -> int:
        began_ms = unix_ms()
        with self._sql.begin() as tx:
            rows = lock_for_record(tx, list(by_call))
            # Read behind the lock: of two finalizers of one call, the later one writes the later state.
            ended = self._read(by_call)
            first_ends = self._write(tx, ended, rows)
        for record in first_ends:
            count(Metric.CALLS_ENDED, record.call.direction, record.disposition)
            add_span(record.call.call_id, "record", began_ms=began_ms)
            add_span(record.call.call_id, ROOT, disposition=record.disposition.value)
        self._pause_refused(ended, rows)
        self._let_go(ended, rows)
        return len(first_ends)

    def _write(self, tx: Connection, ended: Sequence[_Ended], rows: Mapping[str, RowMapping]) -> list[Record]:
        write_recordings(
            tx, [row for one in ended if one.call.call_id in rows for row in reported_recordings(one.call)]
        )
        known = [one for one in ended if one.call.settled and one.call.call_id in rows]
        records = [record_of(one.call, rows[one.call.call_id]) for one in known]
        write_calls(tx, records)
        write_suppressions(tx, records)
        write_contacts(tx, [after for r in records if (after := contact_after(r))])
        kept = zip(known, records, strict=True)
        write_timelines(tx, {r.call.call_id: [r.kept(line) for line in one.timeline] for one, r in kept})
        return [record for record in records if record.is_first_end]

    def _pause_refused(self, ended: Sequence[_Ended], rows: Mapping[str, RowMapping]) -> None:
        """Pause what a hangup refuses our account for, as an answer to a dial would (R5); acknowledged after it."""
        for call, row in ((one.call, rows[one.call.call_id]) for one in ended if one.call.call_id in rows):
            answer = sort_hangup_error(call.telnyx_error) if call.direction == "outgoing" else None
            if isinstance(answer, Refused):
                pause_refused_campaigns(self._sql, self._redis, self._keys, row, answer, dialed_at=row["dialed_at"])

    def _finalize_alone(self, call_id: str, entries: Sequence[RawEntry]) -> int:
        try:
            return self._finalize({call_id: entries})
        except Exception as err:  # whatever else it is, it is this record's own failure
            if is_really_away(err, self._sql):
                raise
            log.exception("call cannot be recorded", extra={"call_id": call_id})
            most = DOUBTS if is_outage(err) else GIVE_UP_AFTER
            self._count_failure(call_id, entries, repr(err), most=most)
            return 0

    def _read(self, by_call: _Entries) -> list[_Ended]:
        loaded = load_many(self._redis, self._keys, list(by_call))
        ended = []
        timelines = read_logs(self._redis, self._keys, list(by_call))
        for found, live, timeline in zip(by_call.values(), loaded, timelines, strict=True):
            if live is None or isinstance(live, UnreadableLiveState):
                self._acknowledge(found)  # Redis has lost it: the sweeper resolves the row
                continue
            if isinstance(live, NewerLiveState):
                log.warning("not recorded here: %s", live)  # the entry stays, for a finalizer of that version
                continue
            ended.append(_Ended(tuple(found), live.call, timeline))
        return ended

    def _let_go(self, ended: Sequence[_Ended], rows: Mapping[str, RowMapping]) -> None:
        settled = [one for one in ended if one.call.settled]
        by_limits: dict[tuple[RateLimit, RateLimit], list[str]] = {}
        for row in (rows[one.call.call_id] for one in settled if one.call.call_id in rows):
            by_limits.setdefault((RateLimit(row["connection_id"]), RateLimit(row["campaign_id"])), []).append(row["id"])
        for (connection, campaign), call_ids in by_limits.items():
            return_reservation(self._redis, self._keys, connection, campaign, call_ids=call_ids, rate_too=False)
        forget_later(self._redis, self._keys, [one.call for one in settled])
        self._acknowledge([entry for one in ended for entry in one.entries])

    def _acknowledge(self, entries: Sequence[RawEntry]) -> None:
        acknowledge(self._redis, self._keys, self._keys.ended, [entry_id for entry_id, _ in entries])

    def _count_failure(self, call_id: str, entries: Sequence[RawEntry], why: str, *, most: int) -> None:
        for entry_id, fields in entries:
            name = entry_id.decode()
            if count_failure(self._redis, self._keys, name) >= most:
                self._hold_contact(call_id)
                bury(self._redis, self._keys.ended, entry_id=name, fields=fields, keys=self._keys, why=why)

    def _hold_contact(self, call_id: str) -> None:
        """Hold the contact, then end the call; what of it is refused as well keeps no record from the dead letters."""
        self._tried(call_id, lambda connection: hold_unrecorded(connection, call_id))
        row = self._tried(call_id, lambda connection: _end(connection, call_id))
        if row:
            rate_limits = RateLimit(row["connection_id"]), RateLimit(row["campaign_id"])
            return_reservation(self._redis, self._keys, *rate_limits, call_ids=[call_id], rate_too=False)

    def _tried(self, call_id: str, write: Callable[[Connection], _T]) -> _T | None:
        try:
            with self._sql.begin() as tx:
                return write(tx)
        except SQLAlchemyError as err:
            if is_really_away(err, self._sql):
                raise
            log.exception("call cannot even be ended", extra={"call_id": call_id})
            return None


def _end(tx: Connection, call_id: str) -> RowMapping | None:
    row = lock_for_record(tx, [call_id]).get(call_id)
    end_unrecorded(tx, call_id)
    return row
