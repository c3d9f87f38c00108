"""Finds calls: a page of them, or one with everything that happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import NotFound
from orchestrator.model.attempt_state import MAY_RING
from orchestrator.model.live_call import LiveCall
from orchestrator.model.transcript import Utterance, transcript_of
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Loaded, load_many, read_live
from orchestrator.store.sql import calls
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
    with sql.connect() as tx:
        page = calls.list_calls(tx, filters, after=after, limit=limit)
        found = recordings_of(tx, [row.id for row in page.rows])
    return page, {call_id: list(same) for call_id, same in groupby(found, key=lambda row: row.call_id)}


def find_call(call_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> CallStory:
    """Return a call with its timeline, from the record or, while it lives, from its live state."""
    with sql.connect() as tx:
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


def find_steps(call_ids: Sequence[str], *, client: redis.Redis, keys: Keys) -> dict[str, str]:
    """Return the step of its flow that each live call is at, by its id; one that is over, or of no flow, has none."""
    found = load_many(client, keys, call_ids) if call_ids else []
    steps = (
        (call_id, loaded.call.step)
        for call_id, loaded in zip(call_ids, found, strict=True)
        if isinstance(loaded, Loaded)
    )
    return {call_id: step for call_id, step in steps if step}


@dataclass(frozen=True)
class StepCounts:
    """How many of so many `calls` are at each step of their flow now, and how many have come to it."""

    calls: int
    now: Mapping[str, int]
    came: Mapping[str, int]


def count_steps(call_ids: Sequence[str], *, client: redis.Redis, keys: Keys) -> StepCounts:
    """Count live calls by the steps of their flow, in one round trip; those that are over count nowhere."""
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
