"""Reads the events that the outside is told, in their order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row

from orchestrator.model.told_event import ToldEvent
from orchestrator.store.sql import told_events

LATEST: Final = "latest"
"""In place of an event's id: the last event there is."""


@dataclass(frozen=True)
class EventsRead:
    """Events in their order; `next_after` is the id behind which to read on, None where nothing was ever told."""

    events: Sequence[Row[Any]]
    has_more: bool
    next_after: str | None


def read_events(
    *, after: str | None, types: Collection[ToldEvent], subject: str | None, limit: int, sql: Engine
) -> EventsRead:
    """Return up to `limit` events that come after the event `after`, from the oldest that is kept without one.

    Whoever reads on behind `next_after` again and again misses none and sees none twice.
    """
    with sql.connect() as tx:
        if after == LATEST:
            return EventsRead((), has_more=False, next_after=told_events.newest_event(tx))
        begin = told_events.seq_of(after) if after else 0
        found = told_events.read_events(tx, after=begin, types=types, subject=subject, limit=limit + 1)
    kept = found[:limit]
    return EventsRead(kept, has_more=len(found) > limit, next_after=kept[-1].id if kept else after)
