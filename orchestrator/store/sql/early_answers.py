"""Notes in the ledger that live calls were answered; the trigger on `calls` tells it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from orchestrator.model.attempt_state import FINAL_STATES
from orchestrator.store.sql.state_lists import one_of

# Locked in the order of all who lock calls: no deadlock. What is over keeps what its record says.
_NOTE = text(
    f"""
    WITH theirs AS MATERIALIZED (
        SELECT k.id, a.answered_at FROM calls k
        JOIN unnest(CAST(:ids AS text[]), CAST(:times AS timestamptz[])) AS a(id, answered_at) ON a.id = k.id
        WHERE k.answered_at IS NULL AND k.state NOT IN {one_of(FINAL_STATES)}
        ORDER BY k.id FOR UPDATE OF k
    )
    UPDATE calls k SET answered_at = t.answered_at FROM theirs t WHERE k.id = t.id AND k.answered_at IS NULL
    """  # noqa: S608 states
)


def note_answers(tx: Connection, answered_at: Mapping[str, str]) -> int:
    """Note when calls were answered, by call id; return for how many it was news."""
    params = {"ids": list(answered_at), "times": list(answered_at.values())}
    return tx.execute(_NOTE, params).rowcount
