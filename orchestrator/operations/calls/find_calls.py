"""Finds calls: a page of them, or one with everything that happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import NotFound
from orchestrator.model.attempt_state import MAY_RING
from orchestrator.model.live_call import LiveCall
from orchestrator.model.transcript import Utterance, transcript_of
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Loaded, load_many, read_live
from orchestrator.store.sql import calls
from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.pagination import Listed
from orchestrator.store.sql.recordings import recordings_of


@dataclass(frozen=True)
class CallStory:
    """A call's row, its live state while it lives, and its timeline of {id, kind, type, at, recorded_at, payload}."""

    row: Row[Any]
    live: LiveCall | None
    timeline: Sequence[Mapping[str, Any]]
    recordings: Sequence[Row[Any]]

    @property
    def transcript(self) -> list[Utterance]:
        """Return what was said, in the order in which it was."""
        return transcript_of(self.timeline)


def list_calls(
    sql: Engine, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> tuple[Listed, dict[str, list[Row[Any]]]]:
    """Return a page of calls, newest first, and their recordings by call id."""
    with statement_by_statement(sql).connect() as tx:
        page = calls.list_calls(tx, filters, after=after, limit=limit)
        found = recordings_of(tx, [row.id for row in page.rows])
    return page, {call_id: list(same) for call_id, same in groupby(found, key=lambda row: row.call_id)}


def find_call(call_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> CallStory:
    """Return a call with its timeline, from the record or, while it lives, from its live state."""
    with statement_by_statement(sql).connect() as tx:
        row = calls.find_call(tx, call_id)
        recorded = calls.timeline(tx, call_id)
        recordings = recordings_of(tx, [call_id])
    if row is None:
        raise NotFound("call", call_id)
    if row.state not in MAY_RING:
        return CallStory(row, None, [_line(event) for event in recorded], recordings)
    live, timeline = read_live(client, keys, call_id)
    current = [_with_note(line) for line in timeline]
    return CallStory(row, live, current or [_line(event) for event in recorded], recordings)


class UnderWay(NamedTuple):
    """A call that the carrier has taken, since when it rings or is talked on, and the step of its flow it has come to.

    `step` is None for one that rings, is over, or has no flow.
    """

    id: str
    to: str
    since: datetime
    step: str | None


def list_under_way(campaign_id: str, *, most: int, sql: Engine, client: redis.Redis, keys: Keys) -> Sequence[UnderWay]:
    """Return the newest calls of a campaign that are under way."""
    with statement_by_statement(sql).connect() as tx:
        rows = calls.newest_under_way(tx, campaign_id, most=most)
    found = load_many(client, keys, [row["id"] for row in rows]) if rows else []
    steps = (loaded.call.step if isinstance(loaded, Loaded) else None for loaded in found)
    return [
        UnderWay(row["id"], row["to_number"], row["answered_at"] or row["dialed_at"] or row["reserved_at"], step)
        for row, step in zip(rows, steps, strict=True)
    ]


@dataclass(frozen=True)
class StepCounts:
    """How many of so many `calls` are at each step of their flow now, and how many have come to it."""

    calls: int
    now: Mapping[str, int]
    came: Mapping[str, int]


def count_steps(campaign_id: str, *, most: int, sql: Engine, client: redis.Redis, keys: Keys) -> StepCounts:
    """Count the newest live calls of a campaign by the steps of their flow; those that are over count nowhere."""
    with statement_by_statement(sql).connect() as tx:
        call_ids = [row["id"] for row in calls.newest_under_way(tx, campaign_id, most=most)]
    found = load_many(client, keys, call_ids) if call_ids else []
    live = [loaded.call for loaded in found if isinstance(loaded, Loaded)]
    now = Counter(call.step for call in live if call.step)
    came = Counter(step for call in live for step, times in call.visits.items() if times or step == call.step)
    return StepCounts(len(live), now, came)


def _with_note(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a live line as the record will have it: what is noted beside an event stands in its payload."""
    return {**line, "payload": {**line["payload"], "note": line["note"]}} if line.get("note") else line


def _line(event: Row[Any]) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "kind": event.kind,
        "type": event.type,
        "leg": event.leg,
        "at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "payload": event.payload,
    }
