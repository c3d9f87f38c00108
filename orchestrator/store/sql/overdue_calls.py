"""Takes accepted calls whose deadline has passed, to be asked about at the carrier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select, update

from orchestrator.model.attempt_state import AttemptState
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S
from orchestrator.store.sql.inbound_calls import ASK_EVERY_S
from orchestrator.store.sql.state_lists import spelled
from orchestrator.store.sql.tables import calls


def take_overdue_calls(tx: Connection, *, ask_again_s: int, limit: int) -> Sequence[Row[Any]]:
    """Return overdue calls, their deadline moved so that one sweeper asks about each.

    `may_go_on` is true of a caller who still has time: the deadline only asks whether that caller is still there.
    """
    overdue = (
        select(calls.c.id)
        .where(calls.c.state == spelled(AttemptState.ACCEPTED), calls.c.deadline_at < func.clock_timestamp())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    now = func.clock_timestamp()
    may_go_on = (calls.c.direction == "inbound") & (_ends_at() > now)
    soon = func.least(now + timedelta(seconds=ASK_EVERY_S), _ends_at())
    asked_again = case((may_go_on, soon), else_=now + timedelta(seconds=ask_again_s))
    taken = (
        update(calls)
        .where(calls.c.id.in_(overdue))
        .values(deadline_at=asked_again)
        .returning(
            calls.c.id,
            calls.c.call_control_id,
            calls.c.deadline_at,
            now.label("db_now"),
            may_go_on.label("may_go_on"),
        )
    )
    return tx.execute(taken).all()


def _ends_at() -> ColumnElement[datetime]:
    """Return when a call has had all the time it was given."""
    lasts_s = calls.c.ring_limit_s + calls.c.talk_limit_s + DEADLINE_SLACK_S
    return calls.c.accepted_at + func.make_interval(0, 0, 0, 0, 0, 0, lasts_s)
