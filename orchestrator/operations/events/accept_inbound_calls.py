"""Accepts inbound calls: writes a row first, then live state; a webhook that is sent again finds the same call.

Calls that Redis has lost get their live state back the same way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import redis
from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.flow import new_live_call
from orchestrator.ids import seeded_id
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.events.restore_live_calls import restore_live_calls
from orchestrator.policy.law.setting import stored_setting
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.variables import with_shared
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import create_live
from orchestrator.store.redis.unmatched_webhooks import retry_unmatched
from orchestrator.store.sql.erased_calls import is_leg_of_erased
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.inbound_calls import (
    InboundCall,
    find_contact,
    find_contact_dialed_lately,
    find_inbound_call,
    find_number,
    insert_call,
    lock_leg,
)
from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.events import Webhook, parse_webhook

log = logging.getLogger(__name__)

# An older row has had live state: without one, Redis has lost it, and the flow's position with it (R20).
FRESH_FOR_S = 60


class InboundCalls:
    """Finds or creates the calls of unmatched events in the database; any number of them may run."""

    def __init__(
        self, *, sql: Engine, client: redis.Redis, flows: FlowCache, keys: Keys, connection_id: str, join_days: int
    ) -> None:
        self._sql = sql
        self._redis = client
        self._flows = flows
        self._keys = keys
        self._connection_id = connection_id
        self._join_days = join_days

    def call_of(self, webhook: Webhook, *, stamped_ms: int) -> str | None:
        """Return the id of the call that came in on the webhook's leg, created now if this webhook starts it.

        None for a leg of no call here. Raises SQLAlchemyError when the database is away or does not accept the row.
        """
        if webhook.call_control_id is None:
            return None
        if not _begins(webhook):
            row = self._find(webhook.call_control_id)
            return row["id"] if row else None
        with self._sql.begin() as tx:
            lock_leg(tx, webhook.call_control_id)
            row = find_inbound_call(tx, webhook.call_control_id) or self._write(tx, webhook, stamped_ms)
            live = self._live_call(tx, row) if row and _is_fresh(row) else None
        if live is not None:
            # A process that dies between the row and this leaves the webhook unacknowledged: it comes here again.
            create_live(self._redis, self._keys, live)
        if row is not None:
            retry_unmatched(self._redis, self._keys, webhook.call_control_id)
        return row["id"] if row else None

    def match_again(self, raw: bytes) -> None:
        """Put an unmatched webhook back if another process has created its call meanwhile. Raises like `call_of`."""
        leg = parse_webhook(raw).call_control_id
        if leg is not None and self._find(leg) is not None:
            retry_unmatched(self._redis, self._keys, leg)

    def is_of_erased(self, raw: bytes) -> bool:
        """Return whether a webhook is of a leg of a call with an erased person. Raises like `call_of`."""
        leg = parse_webhook(raw).call_control_id
        if leg is None:
            return False
        with self._sql.connect() as tx:
            return is_leg_of_erased(tx, leg)

    def restore(self, call_ids: Sequence[str]) -> set[str]:
        """Return which of these calls may have been dialed; they have live state now. Raises like `call_of`."""
        return restore_live_calls(self._redis, self._sql, self._keys, call_ids)

    def _find(self, call_control_id: str) -> RowMapping | None:
        with self._sql.connect() as tx:
            return find_inbound_call(tx, call_control_id)

    def _write(self, tx: Connection, webhook: Webhook, stamped_ms: int) -> RowMapping | None:
        to, caller = _number(webhook.payload.get("to")), _number(webhook.payload.get("from"))
        mapping = find_number(tx, to)
        if mapping is None or webhook.call_control_id is None:
            return None
        days = self._join_days if mapping.join_days is None else mapping.join_days
        joined = find_contact_dialed_lately(tx, caller, within_days=days)
        at = datetime.fromtimestamp(stamped_ms / 1000, UTC)
        call = InboundCall(
            call_id=seeded_id("call", f"inbound/{webhook.call_control_id}", made_at=at),
            contact_id=seeded_id("con", f"inbound/{webhook.call_control_id}", made_at=at),
            to=to,
            caller=caller,
            initiated_at=webhook.occurred_at or at,
            talk_limit_s=self._flows.get(mapping.flow_id).caller_limit_s,
            call_control_id=webhook.call_control_id,
            call_leg_id=webhook.call_leg_id,
            call_session_id=webhook.call_session_id,
        )
        joined_id = joined["id"] if joined else None
        insert_call(tx, call, mapping, connection_id=self._connection_id, joined=joined_id)
        log.info("a call came in", extra={"call_id": call.call_id, "joined_contact_id": joined_id})
        return find_inbound_call(tx, webhook.call_control_id)

    def _live_call(self, tx: Connection, row: RowMapping) -> LiveCall:
        joined_id = row["joined_contact_id"]
        joined = find_contact(tx, joined_id) if joined_id else None
        return new_live_call(
            self._flows.get(row["flow_id"]),
            call_id=row["id"],
            flow_id=row["flow_id"],
            campaign_id=joined["campaign_id"] if joined else None,
            contact_id=joined_id,
            to=row["from_number"],
            caller_id=row["to_number"],
            contact=_known_of(joined) if joined else None,
            region=joined["region"] if joined else None,
            packs=stored_setting(joined["law"]).more_packs if joined else (),
            dialed_at=row["dialed_at"],
            direction="incoming",
        )


def _begins(webhook: Webhook) -> bool:
    return webhook.event_type == EventType.CALL_INITIATED and webhook.payload.get("direction") == "incoming"


def _is_fresh(row: RowMapping) -> bool:
    return bool(row["state"] == AttemptState.ACCEPTED and row["age_s"] < FRESH_FOR_S)


def _known_of(contact: RowMapping) -> Mapping[str, Any]:
    known = with_shared(contact["variables"], contact["shared_variables"])
    return {**known, **{name: contact[name] for name in ("phone", "external_id", "timezone")}}


def _number(given: Any) -> str:
    """Return a number as E.164; what is none (a SIP address, `anonymous`) is kept, without unprintable characters."""
    text = str(given or "anonymous")
    read = read_phone(text)
    return "".join(filter(str.isprintable, text[:200])) or "anonymous" if isinstance(read, PhoneProblem) else read
