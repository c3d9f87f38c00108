"""What still waits in the streams: no attempt is resolved while an entry of it waits there (R21)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import redis

from orchestrator.errors import NotAnEvent
from orchestrator.store.redis.event_streams import Entry, read_entry, stamp_of, streams_of
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.telnyx.events import parse_webhook

YOUNGER_THAN_MS = 3_000  # is on its way, and not waiting
STUCK_AFTER = 3  # deliveries: an entry that was delivered as often is not waiting for an engine that was away
_AT_MOST = 1_000


@dataclass(frozen=True)
class UnreadEvents:
    """What waits: `is_behind` says that an engine is behind, and nothing may be resolved.

    `names` are the calls and legs of entries that were delivered again and again and stay all the same, because an
    error keeps them or only an engine of a newer version can read them. They hold up these calls alone.
    """

    is_behind: bool = False
    names: frozenset[str] = frozenset()

    def is_of(self, *names: str | None) -> bool:
        """Say whether something waits of the call with this id or these legs."""
        return not self.names.isdisjoint(names)


def find_unread(client: redis.Redis, keys: Keys) -> UnreadEvents:
    """Return what waits; reads the head of each stream alone as long as nothing is old."""
    seconds, micros = client.time()
    before_ms = seconds * 1000 + micros // 1000 - YOUNGER_THAN_MS
    names: set[str] = set()
    for stream in streams_of(keys).values():
        old = _old_entries(client, stream, before_ms)
        deliveries = _deliveries(client, stream) if old else {}
        if len(old) == _AT_MOST or any(deliveries.get(ident, 0) < STUCK_AFTER for ident in old):
            return UnreadEvents(is_behind=True)
        names.update(name for ident, fields in old.items() for name in _names_in(ident, fields))
    return UnreadEvents(names=frozenset(names))


def _old_entries(client: redis.Redis, stream: str, before_ms: int) -> dict[bytes, Mapping[bytes, bytes]]:
    first: Any = client.xrange(stream, count=1)
    if not first or stamp_of(*first[0]) >= before_ms:
        return {}
    entries: Any = client.xrange(stream, count=_AT_MOST)
    return {ident: fields for ident, fields in entries if stamp_of(ident, fields) < before_ms}


def _deliveries(client: redis.Redis, stream: str) -> dict[bytes, int]:
    try:
        pending: Any = client.xpending_range(stream, GROUP, "-", "+", _AT_MOST)
    except redis.ResponseError as err:
        if "NOGROUP" not in str(err):
            raise
        return {}  # Redis came back empty
    return {each["message_id"]: each["times_delivered"] for each in pending}


def _names_in(ident: bytes, fields: Mapping[bytes, bytes]) -> Iterator[str]:
    """Return the ids by which an entry names its call; none for what cannot be read, for it moves nothing."""
    if b"call" in fields:
        yield fields[b"call"].decode()
        return
    try:
        entry = read_entry(ident, fields)
        yield from _names_of(entry)
    except (ValueError, NotAnEvent):
        return


def _names_of(entry: Entry) -> Iterator[str]:
    if entry.own is not None:
        yield entry.own.call_id
        return
    webhook = parse_webhook(entry.raw or b"")
    identity = webhook.identity
    known = (identity.call if identity else None, webhook.call_control_id, webhook.call_leg_id)
    yield from (name for name in known if name)
