"""Matches entries of a stream with the calls they belong to, and sees to those that match none."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from orchestrator.model.event import Event, Leg
from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.store.redis.event_streams import Entry, acknowledge, bury, read_entry, set_aside
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import find_call_of_leg
from orchestrator.store.redis.unmatched_webhooks import keep_unmatched
from orchestrator.store.sql.own_connections import OwnConnections
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.events import Webhook, parse_webhook

log = logging.getLogger(__name__)

RawEntry = tuple[bytes, Mapping[bytes, bytes]]


@dataclass(frozen=True)
class MatchedEvent:
    """One entry with the event it carries, which names its call."""

    entry: Entry
    event: Event


class EventMatcher:
    """Matches the entries of `events`, or with `inbound` those of the stream of unmatched events.

    Without `inbound` it asks no database: an event whose call Redis does not know is set aside among the unmatched.
    With it the database decides, and an event of no call is kept for a person; within `wait_ms` of its arrival it
    stays pending instead, to be matched again. So is kept, at once, what names a connection of another installation.
    """

    def __init__(
        self,
        *,
        client: redis.Redis,
        keys: Keys,
        connections: OwnConnections,
        inbound: InboundCalls | None,
        wait_ms: int,
    ) -> None:
        self._redis = client
        self._keys = keys
        self._connections = connections
        self._inbound = inbound
        self._wait_ms = wait_ms
        self.stream = keys.unmatched if inbound else keys.events

    def match_events(self, entries: Sequence[RawEntry]) -> tuple[list[MatchedEvent], list[RawEntry]]:
        """Return the events of known calls, and the entries that match none; bury what cannot be read."""
        matched: list[MatchedEvent] = []
        unmatched: list[RawEntry] = []
        for entry_id, fields in entries:
            try:
                entry = read_entry(entry_id, fields)
                event = entry.own or self._match(entry)
            except ValueError as err:
                self.bury((entry_id, fields), repr(err))
                continue
            if event is None:
                unmatched.append((entry_id, fields))
            else:
                matched.append(MatchedEvent(entry, event))
        return matched, unmatched

    def dismiss(self, raw_entry: RawEntry) -> None:
        """Let go of an entry that matches no call, unless another engine may be about to learn its call."""
        entry = read_entry(*raw_entry)
        named = parse_webhook(entry.raw or b"").connection_id
        if self._inbound and not self._connections.include(named):
            self.keep_or_drop(entry, f"it is of connection {named}, which is not of this installation")
            return
        if self._inbound and self._is_young(entry):
            return
        self.keep_or_drop(entry, "it carries no client_state of ours, and is of no number that takes calls")
        if self._inbound:
            self._inbound.match_again(entry.raw or b"")

    def restore_calls(self, lost: Sequence[MatchedEvent]) -> None:
        """Restore the live state of calls that Redis does not know; let go of events of calls never dialed."""
        restored = self._inbound.restore([each.event.call_id for each in lost]) if self._inbound else set()
        for each in lost:
            if each.event.call_id not in restored:
                self.keep_or_drop(each.entry, f"there is no call {each.event.call_id} that could have been dialed")

    def set_aside_for_newer(self, entry: Entry, why: object) -> None:
        """Leave an event of a call that an engine of a newer version advanced to the engines of that version."""
        if self._inbound is None:
            log.warning("an event waits among the unmatched: %s", why)
            # No timer waits there, and an engine of that version takes it up within a second.
            set_aside(self._redis, self._keys, entry)

    def keep_or_drop(self, entry: Entry, why: str) -> None:
        """Set an entry aside for the database to decide; where it has decided, keep a webhook for a person."""
        if self._inbound is None:
            set_aside(self._redis, self._keys, entry)
        elif entry.raw is None or self._inbound.is_of_erased(entry.raw):
            # A timer or an answer of a call long recorded, or an event of an erased person: nobody keeps it.
            acknowledge(self._redis, self._keys, self.stream, [entry.entry_id])
        else:
            log.warning("unmatched webhook: %s", why)
            keep_unmatched(self._redis, self._keys, entry.entry_id, why=why)

    def bury(self, raw_entry: RawEntry, why: str) -> None:
        """Move an entry to the dead letters."""
        entry_id, fields = raw_entry
        bury(self._redis, self.stream, entry_id=entry_id.decode(), fields=fields, keys=self._keys, why=why)

    def _match(self, entry: Entry) -> Event | None:
        webhook = parse_webhook(entry.raw or b"")
        if not self._is_of_own_connection(webhook):
            return None
        state = ClientState.decode(webhook.client_state)
        if state:
            return _event_of(webhook, entry, state.call, state.role, user_state=state.user)
        call_id = find_call_of_leg(self._redis, self._keys, [webhook.call_control_id, webhook.call_leg_id])
        if call_id is None and self._inbound:
            call_id = self._inbound.call_of(webhook, stamped_ms=entry.stamped_ms)
        return _event_of(webhook, entry, call_id, "A") if call_id else None

    def _is_of_own_connection(self, webhook: Webhook) -> bool:
        """Return whether a webhook names no connection of another installation; new ones only the database knows."""
        known = self._connections
        return known.ask(webhook.connection_id) if self._inbound else known.include(webhook.connection_id)

    def _is_young(self, entry: Entry) -> bool:
        if not self._wait_ms:
            return False
        seconds, micros = self._redis.time()
        return seconds * 1000 + micros // 1000 - entry.stamped_ms < self._wait_ms


def _event_of(webhook: Webhook, entry: Entry, call_id: str, leg: Leg, *, user_state: str | None = None) -> Event:
    """Return the event with the state that is the user's own where the carrier echoed ours around it."""
    payload = webhook.payload
    if "client_state" in payload:
        payload = {**payload, "client_state": user_state}
    return Event(
        id=webhook.id,
        type=webhook.event_type,
        occurred_at=webhook.occurred_at or datetime.fromtimestamp(entry.stamped_ms / 1000, UTC),
        call_id=call_id,
        leg=leg,
        call_control_id=webhook.call_control_id,
        payload=payload,
    )
