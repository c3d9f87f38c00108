"""Hangs up calls that still ring at a number which an opt-out or a list keeps out meanwhile; answered calls go on."""

from __future__ import annotations

import logging

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import NewerLiveState
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.event import NUMBER_SUPPRESSED, Event
from orchestrator.store.outage import in_words
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Found, Loaded, load_many
from orchestrator.store.sql.suppressed_calls import ringing_at_suppressed_numbers

log = logging.getLogger(__name__)


def hang_up_suppressed(sql: Engine, client: redis.Redis, keys: Keys) -> list[str]:
    """Send an event to each call that rings at a suppressed number; return which. Safe to repeat.

    The call hangs up as soon as its leg is known, or goes on if it is answered first.
    """
    with sql.connect() as tx:
        rows = ringing_at_suppressed_numbers(tx)
    live = load_many(client, keys, [row.id for row in rows]) if rows else []
    concerned = [row for row, found in zip(rows, live, strict=True) if _is_concerned(row, found)]
    for row in concerned:
        event = Event(id=f"suppressed:{row.id}", type=NUMBER_SUPPRESSED, occurred_at=row.now, call_id=row.id)
        add_event(client, keys, event)
    return [row.id for row in concerned]


def hang_up_at_once(sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Hang up calls that ring at a number suppressed just now; without Redis the sweeper does it later."""
    try:
        hang_up_suppressed(sql, client, keys)
    except redis.RedisError as err:
        log.warning("what rings at a suppressed number is hung up later: %s", in_words(err))


def _is_concerned(row: Row[tuple[object, ...]], found: Found) -> bool:
    if isinstance(found, Loaded):
        return found.call.phase in ("dialing", "ringing") and not found.call.unwanted
    # A dial in progress creates its live state and must not find one; a call that Redis has lost is restored.
    return not isinstance(found, NewerLiveState) and row.state == AttemptState.ACCEPTED
