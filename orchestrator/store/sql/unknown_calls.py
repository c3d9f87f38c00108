"""Queries on attempts that may have been dialed and were never answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, text, update

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import calls, contacts

_DUE = text(
    f"""
    SELECT k.*, clock_timestamp() AS db_now,
        greatest(extract(epoch FROM clock_timestamp() - k.first_sent_at), k.absences * :look_every_s) AS age_s
    FROM calls k
    WHERE k.state = '{AttemptState.UNKNOWN}' AND k.disposition IS NULL
      AND (k.absent_at IS NULL OR k.absent_at < clock_timestamp() - make_interval(secs => :look_every_s)
          OR k.absent_at > clock_timestamp() + interval '1 second')
    ORDER BY k.absent_at NULLS FIRST LIMIT :limit
    """  # noqa: S608 a state
)


def list_due_unknown(tx: Connection, *, look_every_s: int, limit: int) -> Sequence[Row[Any]]:
    """Return the unknown attempts nobody has looked for lately, with `db_now` and their age in seconds as `age_s`.

    However the clock has stepped: who was looked for so often in vain is as old as that takes.
    """
    return tx.execute(_DUE, {"look_every_s": look_every_s, "limit": limit}).all()


def note_absence(tx: Connection, call_id: str, *, absences: int) -> bool:
    """Note that an attempt was not found, only while it still has these `absences`; its row is locked then."""
    as_judged = (calls.c.state == AttemptState.UNKNOWN, calls.c.disposition.is_(None), calls.c.absences == absences)
    absent = {"absences": absences + 1, "absent_at": func.clock_timestamp()}
    return tx.execute(update(calls).where(calls.c.id == call_id, *as_judged).values(absent)).rowcount == 1


def give_up(tx: Connection, call_id: str) -> None:
    """End the contact as `unknown`: whether it was called is not known, so it is not called again."""
    tx.execute(
        change_state(ContactStatus.UNKNOWN, among=(ContactStatus.CALLING,))
        .where(contacts.c.current_call_id == call_id)
        .values(
            reason=Reason.UNKNOWN_ATTEMPT.value,
            due_at=None,
            current_call_id=None,
            last_call_id=call_id,
            updated_at=func.now(),
        )
    )
    tx.execute(update(calls).where(calls.c.id == call_id).values(disposition=Disposition.UNKNOWN.value))
