"""Receives a webhook: verifies it and appends it to the event stream. Everything else happens behind the stream."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import orjson
import redis

from orchestrator.clock import boot_seconds
from orchestrator.errors import BadSignature, StoreUnavailable
from orchestrator.store.outage import in_words
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.memory_guard import MemoryWatch
from orchestrator.telnyx.signature import SignatureFault, SignatureVerifier

log = logging.getLogger(__name__)

_SILENCE_S: Final = 60.0


class Receipt(StrEnum):
    """What became of a received webhook."""

    TAKEN = "taken"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    NOT_AN_EVENT = "not_an_event"


class WebhookCheck:
    """Tells what the carrier has signed from what it has not, and events from other bodies; asks no store."""

    def __init__(self, verifier: SignatureVerifier) -> None:
        self._verifier = verifier
        self._quiet_until = 0.0

    def refuse(self, raw: bytes, headers: Mapping[str, str]) -> Receipt | None:
        """Return why `raw` is not taken, or None for an event of the carrier."""
        try:
            self._verifier.verify(raw, headers)
        except BadSignature as err:
            return self._not_believed(err)
        return None if _is_event(raw) else Receipt.NOT_AN_EVENT

    def _not_believed(self, err: BadSignature) -> Receipt:
        if err.reason != SignatureFault.MISMATCH:
            return Receipt.BAD_SIGNATURE
        # Anybody can send such a webhook, any number of times: it is logged once a minute.
        if boot_seconds() >= self._quiet_until:
            self._quiet_until = boot_seconds() + _SILENCE_S
            log.warning("a webhook is signed with none of our keys: compare TELNYX_PUBLIC_KEY with the carrier's")
        return Receipt.UNKNOWN_KEY


class WebhookReceiver:
    """Receives webhooks; one per process. Raises StoreUnavailable when the carrier should try again (503)."""

    def __init__(self, client: redis.Redis, *, verifier: SignatureVerifier, keys: Keys) -> None:
        self._redis = client
        self._check = WebhookCheck(verifier)
        self._keys = keys
        self._memory = MemoryWatch(client)

    def receive_webhook(self, raw: bytes, headers: Mapping[str, str]) -> Receipt:
        """Verify `raw` and append it to the event stream; it is on disk when this returns TAKEN."""
        if refused := self._check.refuse(raw, headers):
            return refused
        try:
            if self._memory.is_nearly_full():
                raise nearly_full()
            add_webhook(self._redis, self._keys, raw)
        except redis.RedisError as err:
            raise not_stored(err) from err
        return Receipt.TAKEN


def nearly_full() -> StoreUnavailable:
    """Return what the carrier is told while Redis is nearly full."""
    return StoreUnavailable("Redis (its memory is nearly full)", retry_after_s=2.0)


def not_stored(err: redis.RedisError) -> StoreUnavailable:
    """Return what the carrier is told of a webhook that Redis did not take; `err` is logged."""
    log.warning("a webhook is refused, to be sent again: %s", in_words(err))
    return StoreUnavailable("Redis")


def _is_event(raw: bytes) -> bool:
    try:
        data = orjson.loads(raw)["data"]
        return isinstance(data["id"], str) and isinstance(data["event_type"], str) and bool(data["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
