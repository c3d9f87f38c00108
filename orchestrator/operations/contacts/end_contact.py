"""Ends a contact on request: it is dialed no more, and a live call goes on to its end without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from sqlalchemy import Engine

from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.dialing.drain_dials import free_or_leave, wait_for_earlier_sends
from orchestrator.operations.dialing.release_attempts import ReleaseReason, release_attempts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.many_contacts import BY_REQUEST


def ended_by_request(status: str) -> dict[str, Any]:
    """Return the columns of a contact that is ended: without a current call, no live one changes it any more (R18)."""
    return {"status": status, "reason": BY_REQUEST, "current_call_id": None}


def withdraw_claims(contact_ids: Sequence[str], *, sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Withdraw the attempts that were claimed for contacts and none of whose sends has left, once these have ended.

    Comes after the commit of that end, and waits for the sends that were judged by what held before: once this has
    returned, none of them is dialed (R9).
    """
    way = ReleaseReason(Reason.CONTACT_CLOSED, final=ContactStatus.CANCELED, counts=False)
    with sql.begin() as tx:
        withdrawn = release_attempts(tx, call_filters.claimed_in_vain(contact_ids), way)
    free_or_leave(client, keys, withdrawn)
    wait_for_earlier_sends(call_filters.of_contacts(contact_ids), sql=sql)
