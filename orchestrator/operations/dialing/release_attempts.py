"""Releases attempts that were surely not dialed, so that their contacts can be dialed again (R4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import ColumnElement, Connection

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry import unspent_delay
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import expire_live_state
from orchestrator.store.redis.rate_limiter import RateLimit, return_reservation
from orchestrator.store.sql.contact_transitions import (
    ContactRelease,
    ReleaseFacts,
    lock_release_facts,
    release_contacts,
)
from orchestrator.store.sql.dial_ledger import withdraw_undialed


@dataclass(frozen=True)
class ReleasedAttempt:
    """An attempt that was withdrawn; its channel is to be freed once the transaction has committed."""

    call_id: str
    contact_id: str
    campaign_id: str
    connection_id: str


@dataclass(frozen=True)
class ReleaseReason:
    """What becomes of the contact: held until a time (None = until somebody acts), or ended for good."""

    reason: Reason
    until: datetime | None = None
    final: ContactStatus | None = None
    counts: bool = True  # as an unspent try in a row; a pause or a gate's hold does not
    held: bool = True


def release_attempts(tx: Connection, where: ColumnElement[bool], release: ReleaseReason) -> list[ReleasedAttempt]:
    """Release the attempts of `where` that never left, or each of whose sends was surely not carried out.

    Call row, contact and its count of unspent tries move in the caller's transaction; the caller frees the channels
    afterwards (`free_channels`). Waits for the row locks of sends in the act.
    """
    released = [ReleasedAttempt(**row) for row in withdraw_undialed(tx, where, release.reason.value)]
    if not released:
        return []
    facts = lock_release_facts(tx, [attempt.contact_id for attempt in released])
    current = [each for each in released if facts[each.contact_id].current_call_id == each.call_id]
    release_contacts(tx, [_contact_release(release, each, facts[each.contact_id]) for each in current])
    return released


def free_channels(client: redis.Redis, keys: Keys, released: Sequence[ReleasedAttempt]) -> None:
    """Free the channels and expire the live state of released attempts; the sweeper does it if this process dies.

    A call that the carrier has reported all the same keeps its live state.
    """
    expire_live_state(client, keys, [row.call_id for row in released], after_s=0)
    for row in released:
        free_channel(client, keys, row)


def free_channel(client: redis.Redis, keys: Keys, released: ReleasedAttempt) -> None:
    """Free the channel of a released attempt."""
    connection, campaign = RateLimit(released.connection_id), RateLimit(released.campaign_id)
    return_reservation(client, keys, connection, campaign, call_ids=[released.call_id], rate_too=False)


def _contact_release(release: ReleaseReason, attempt: ReleasedAttempt, facts: ReleaseFacts) -> ContactRelease:
    ids: dict[str, Any] = {
        "contact_id": attempt.contact_id,
        "source": facts.status,
        "counts": int(release.counts),
    }
    end = (release.final, release.reason) if release.final else facts.end
    if end:
        return ContactRelease(**ids, status=end[0], reason=end[1].value, due_at=None)
    delay = unspent_delay(facts.unspent_tries + 1) if release.counts else timedelta(0)
    if release.until is None and release.held:
        return ContactRelease(**ids, status=ContactStatus.HELD, reason=release.reason.value, due_at=None)
    due_at = max(release.until or facts.now, facts.now + delay)
    is_held = release.held or delay > timedelta(0)
    status = ContactStatus.HELD if is_held else ContactStatus.WAITING
    return ContactRelease(**ids, status=status, reason=release.reason.value, due_at=due_at)
