"""Suppresses a number: once it has returned, the number is not dialed (R9), and ringing calls are hung up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import redis
from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.contacts.end_suppressed import end_suppressed
from orchestrator.operations.contacts.find_suppressions import Found, find_last, last_of
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_at_once
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.opt_outs import Asked, Change, write_opt_outs

GLOBAL = "global"
API = "api"
"""The author of a request over REST that names none."""
IN_THE_PAST = "an opt-out that is over from the start would change nothing; leave it out for one that holds for ever"

_RELEASE = ReleaseReason(Reason.SUPPRESSED, final=ContactStatus.SUPPRESSED, counts=False)


@dataclass(frozen=True)
class Suppressed:
    """The suppression in force, and how the request changed it."""

    found: Found
    change: Change


def suppress_number(
    phone: str,
    *,
    scope: str = GLOBAL,
    reason: str,
    by: str = API,
    expires_at: datetime | None = None,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    clock: Clock,
) -> Suppressed:
    """Return the suppression in force; `scope` is `global` or a campaign id. Safe to repeat.

    An existing one is lengthened or kept, never shortened. Contacts that wait end with one that has no end. Raises
    InvalidInput for an end that has passed.
    """
    if expires_at is not None and expires_at <= clock():
        raise InvalidInput([FieldError("/expires_at", "in_the_past", IN_THE_PAST)])
    end = format_timestamp(expires_at) if expires_at else None
    wish = Asked(phone, scope, reason, asked_by=by, expires_at=end)
    with sql.begin() as tx:
        change = write_opt_outs(tx, [wish])[phone, scope]
        concerns(last_of(tx, phone, scope).id)
    end_suppressed([phone], sql=sql)
    hang_up_at_once(sql, client, keys)
    concerned = call_filters.to_number(phone, campaign_id=None if scope == GLOBAL else scope)
    drain_dials(concerned, _RELEASE, sql=sql, client=client, keys=keys)
    return Suppressed(find_last(phone, scope, sql=sql), change)
