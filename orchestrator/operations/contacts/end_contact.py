"""Ends a contact on request: it is dialed no more, and a live call goes on to its end without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.dialing.drain_dials import free_or_leave
from orchestrator.operations.dialing.release_attempts import ReleasedAttempt, ReleaseReason, release_attempts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.many_contacts import BY_REQUEST


def ended_by_request(status: str) -> dict[str, Any]:
    """Return the columns of a contact that is ended: without a current call, no live one changes it any more (R18)."""
    return {"status": status, "reason": BY_REQUEST, "current_call_id": None}


def withdraw_reserved(tx: Connection, live: Row[Any] | None, status: ContactStatus) -> list[ReleasedAttempt]:
    """Withdraw the attempt of a contact that is being ended, if none of its sends has left; return it."""
    if live is None or live.state != AttemptState.RESERVED:
        return []
    way = ReleaseReason(Reason.CONTACT_CLOSED, final=status, counts=False)
    return release_attempts(tx, call_filters.of_call(live.id), way)


def withdraw_claims(contact_ids: Sequence[str], *, sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Withdraw the attempts that were claimed for contacts and none of whose sends has left, once these have ended.

    Waits for the sends that are being judged by what held before.
    """
    way = ReleaseReason(Reason.CONTACT_CLOSED, final=ContactStatus.CANCELED, counts=False)
    with sql.begin() as tx:
        withdrawn = release_attempts(tx, call_filters.claimed_in_vain(contact_ids), way)
    free_or_leave(client, keys, withdrawn)
