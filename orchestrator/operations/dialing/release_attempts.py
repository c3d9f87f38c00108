"""Withdraws attempts that were surely not dialed: the one way back from the ledger (R4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import ColumnElement, Connection, select

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry import unspent_delay
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import let_go
from orchestrator.store.redis.rate_limiter import RateLimit, give_back
from orchestrator.store.sql.contact_transitions import ContactStanding, WaitAgain, lock_standings, wait_again
from orchestrator.store.sql.dial_ledger import NOTHING_CARRIED_OUT
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import calls


@dataclass(frozen=True)
class Withdrawn:
    """An attempt that is no more; its channel is to be freed once the transaction has committed."""

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


def withdraw(tx: Connection, where: ColumnElement[bool], way: ReleaseReason) -> list[Withdrawn]:
    """Withdraw the attempts of `where` that never left, or each of whose sends was surely not carried out.

    Call row, contact and its count of unspent tries move in the caller's transaction; the caller frees the channels
    afterwards (`free_channels`). Waits for the row locks of sends in the act.
    """
    never_sent = calls.c.state == AttemptState.RESERVED
    surely_not_dialed = never_sent | ((calls.c.state == AttemptState.DIALING) & NOTHING_CARRIED_OUT)
    locked = select(calls.c.id).where(where, surely_not_dialed).order_by(calls.c.id).with_for_update()
    ids = list(tx.execute(locked).scalars())
    if not ids:
        return []
    moved = tx.execute(
        change_state(AttemptState.WITHDRAWN)
        .where(calls.c.id.in_(ids), surely_not_dialed)
        .values(withdrawn_reason=way.reason.value)
        .returning(calls.c.id, calls.c.contact_id, calls.c.campaign_id, calls.c.connection_id)
    ).all()
    withdrawn = [Withdrawn(*row) for row in moved]
    standings = lock_standings(tx, [row.contact_id for row in withdrawn])
    current = [row for row in withdrawn if standings[row.contact_id].current_call_id == row.call_id]
    wait_again(tx, [_way_back(way, row, standings[row.contact_id]) for row in current])
    return withdrawn


def free_channels(client: redis.Redis, keys: Keys, withdrawn: Sequence[Withdrawn]) -> None:
    """Give back the channels and forget the live state of withdrawn attempts; the sweeper does it if we die before.

    A call that the carrier told of all the same keeps its live state.
    """
    let_go(client, keys, [row.call_id for row in withdrawn], after_s=0)
    for row in withdrawn:
        free_channel(client, keys, row)


def free_channel(client: redis.Redis, keys: Keys, over: Withdrawn) -> None:
    """Give back the channel of an attempt that is no more."""
    connection, campaign = RateLimit(over.connection_id), RateLimit(over.campaign_id)
    give_back(client, keys, connection, campaign, call_ids=[over.call_id], rate_too=False)


def _way_back(way: ReleaseReason, row: Withdrawn, standing: ContactStanding) -> WaitAgain:
    fate: dict[str, Any] = {
        "contact_id": row.contact_id,
        "call_id": row.call_id,
        "source": standing.status,
        "counts": int(way.counts),
    }
    end = (way.final, way.reason) if way.final else standing.end
    if end:
        return WaitAgain(**fate, status=end[0], reason=end[1].value, due_at=None)
    delay = unspent_delay(standing.unspent_tries + 1) if way.counts else timedelta(0)
    if way.until is None and way.held:
        return WaitAgain(**fate, status=ContactStatus.HELD, reason=way.reason.value, due_at=None)
    due_at = max(way.until or standing.now, standing.now + delay)
    held = way.held or delay > timedelta(0)
    status = ContactStatus.HELD if held else ContactStatus.WAITING
    return WaitAgain(**fate, status=status, reason=way.reason.value, due_at=due_at)
