"""Restores the live state of calls that Redis has lost, from their rows in SQL."""

from __future__ import annotations

from collections.abc import Sequence

import redis
from sqlalchemy import Engine, RowMapping

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.live_call import LiveCall, Phase
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import (
    KEEP_AFTER_RECORD_S,
    KEEP_LEG_S,
    UnreadableLiveState,
    create_live,
    load_many,
)
from orchestrator.store.sql.calls import list_sent
from orchestrator.store.sql.erased_calls import is_erased


def restore_live_calls(client: redis.Redis, sql: Engine, keys: Keys, call_ids: Sequence[str]) -> set[str]:
    """Create live state for every call that may have been dialed; return the ids that now have one.

    A damaged one is replaced: whatever it said is as good as lost.
    A restored call has no flow position: it gets no command but the hangup at its deadline (R20). A row that is final
    comes back as a recorded call, so that a late fact amends it. `reserved` and `withdrawn` rows were never sent.
    """
    with sql.connect() as tx:
        rows = list_sent(tx, call_ids)
    for row, found in zip(rows, load_many(client, keys, [row["id"] for row in rows]), strict=True):
        damaged = found if isinstance(found, UnreadableLiveState) else None
        create_live(client, keys, live_call_of(row), keep_s=_kept_s(row), instead_of=damaged)
    return {row["id"] for row in rows}


def live_call_of(row: RowMapping) -> LiveCall:
    """Return the live call that a row of `calls` describes."""
    ended, came_in = row["state"] == AttemptState.ENDED, row["direction"] == "inbound"
    own, other = ("to_number", "from_number") if came_in else ("from_number", "to_number")
    return LiveCall(
        call_id=row["id"],
        flow_id=row["flow_id"],
        campaign_id=None if came_in else row["campaign_id"],
        contact_id=row["joined_contact_id"] if came_in else row["contact_id"],
        to=row[other],
        caller_id=row[own],
        direction="incoming" if came_in else "outgoing",
        dialed_at=row["dialed_at"],
        adopted=True,
        phase=_phase(row),
        call_control_id=row["call_control_id"],
        call_leg_id=row["call_leg_id"],
        call_session_id=row["call_session_id"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        amd_result=row["amd_result"],
        hangup_cause=row["hangup_cause"],
        hangup_source=row["hangup_source"],
        sip_hangup_cause=row["sip_hangup_cause"],
        telnyx_error=row["telnyx_error"],
        answers=row["answers"],
        outcome=row["outcome"],
        hangup_assumed=row["end_assumed"],
        error=row["error"],
        settled=ended,
        recordings=tuple(row["recordings"]),
        cost=row["cost"],
        is_erased=is_erased(row),
    )


def _kept_s(row: RowMapping) -> int:
    """Return for how many seconds the state is kept, 0 where a sweeper ends it with the row."""
    if row["state"] == AttemptState.ENDED:
        return KEEP_AFTER_RECORD_S
    return KEEP_LEG_S if row["state"] == AttemptState.UNKNOWN and row["disposition"] is not None else 0


def _phase(row: RowMapping) -> Phase:
    if row["state"] == AttemptState.ENDED:
        return "ended"
    if row["answered_at"]:
        return "answered"
    # A dial without an answer is not known to the carrier: only a webhook or an answer makes it ring.
    return "ringing" if row["accepted_at"] or row["call_control_id"] else "dialing"
