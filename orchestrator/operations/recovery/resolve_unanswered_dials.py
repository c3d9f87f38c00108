"""Resolves dials without an answer: accepted by a webhook, repeated once, or `unknown`; never dialed anew (R2, R3)."""

from __future__ import annotations

import logging

import redis
from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.errors import NewerLiveState
from orchestrator.model.event import DIAL_REJECTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import load_live
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.store.sql.dial_ledger import (
    PUBLISH_AGAIN_AFTER_S,
    REPEAT_WITHIN_S,
    age_sends_from_the_future,
    mark_accepted,
    mark_unknown,
    overdue_sends,
    publish_repeat,
)

log = logging.getLogger(__name__)

_AT_MOST = 200


def resolve_unanswered_dials(sql: Engine, client: redis.Redis, keys: Keys) -> list[str]:
    """Move every send that went unanswered for 15 s; return the attempts whose one repeat is to be published."""
    with sql.begin() as tx:
        if stepped := age_sends_from_the_future(tx):
            log.error("the database's clock has stepped back: %s unanswered dials are not repeated", stepped)
    unread = find_unread(client, keys)
    if unread.is_behind:
        return []  # what still waits in the streams may answer (R21)
    with sql.begin() as tx:
        overdue = [row for row in overdue_sends(tx, limit=_AT_MOST) if not unread.is_of(row.id)]
        return [row.id for row in overdue if _resolve(tx, row._mapping, client, keys)]


def _resolve(tx: Connection, row: RowMapping, client: redis.Redis, keys: Keys) -> bool:
    # A row is resolved only after reading its live state: a webhook may have come in place of the answer (R21).
    try:
        loaded = load_live(client, keys, row["id"])
    except NewerLiveState as err:
        log.warning("not resolved here: %s", err)  # a sweeper of that version does
        return False
    if loaded and loaded.call.is_known_to_carrier:
        mark_accepted(tx, row["id"], ids=carrier_ids(loaded.call))
        return False
    if row["answered_send"] > 0:
        add_event(client, keys, _lost_rejection(row))
        return False
    if row["send_no"] == 1 and row["age_s"] < REPEAT_WITHIN_S:
        return publish_repeat(tx, row["id"], older_than_s=PUBLISH_AGAIN_AFTER_S)
    mark_unknown(tx, row["id"])
    return False


def carrier_ids(call: LiveCall) -> dict[str, str | None]:
    """Return the carrier's ids of leg A as far as they are known."""
    return {
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
    }


def _lost_rejection(row: RowMapping) -> Event:
    return Event(
        id=f"{DIAL_REJECTED}:{row['id']}:{row['answered_send']}",
        type=DIAL_REJECTED,
        occurred_at=row["last_sent_at"],
        call_id=row["id"],
        payload={"code": "rejected", "title": "The carrier rejected the dial", "detail": "the details were lost"},
    )
