"""Finds calls: a page of them, or one with everything that happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import NotFound
from orchestrator.model.live_call import LiveCall
from orchestrator.store import queries_calls
from orchestrator.store.keys import Keys
from orchestrator.store.live import read_live

if TYPE_CHECKING:
    from orchestrator.wiring import House

_LIVE = ("dialing", "accepted", "unknown")


@dataclass(frozen=True)
class CallStory:
    """A call's row, its live state while it lives, and its timeline of {id, kind, type, at, recorded_at, payload}."""

    row: Row[Any]
    live: LiveCall | None
    timeline: Sequence[Mapping[str, Any]]


def list_calls(house: House, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of calls, newest first."""
    with house.sql.connect() as connection:
        return queries_calls.list_calls(connection, filters, after=after, limit=limit)


def find_call(house: House, call_id: str) -> CallStory:
    """Return a call with its timeline, from the record or, while it lives, from its live state."""
    with house.sql.connect() as connection:
        row = queries_calls.find_call(connection, call_id)
        recorded = queries_calls.timeline(connection, call_id)
    if row is None:
        raise NotFound("call", call_id)
    if row.state not in _LIVE:
        return CallStory(row, None, [_line(event) for event in recorded])
    live, timeline = read_live(house.redis, Keys(), call_id)
    return CallStory(row, live, timeline or [_line(event) for event in recorded])


def _line(event: Row[Any]) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "kind": event.kind,
        "type": event.type,
        "at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "payload": event.payload,
    }
