"""Takes accepted calls whose deadline has passed, or cannot be right, to be asked about at the carrier."""

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

_CLOCK_DRIFTS_S = 1


def take_overdue_calls(tx: Connection, *, ask_again_s: int, limit: int) -> Sequence[Row[Any]]:
    """Return overdue calls, each to be asked about again in `ask_again_s` seconds unless an answer about it is heard.

    A deadline later than any that could be given now was given by a clock that has been set back since: that call is
    asked about too, and its time counts from now on.

    `may_go_on` is true of a call that still has time: the carrier is only asked whether somebody is still there.
    """
    now = func.clock_timestamp()
    is_too_late = calls.c.deadline_at > now + _seconds(_asked_after_s() + _CLOCK_DRIFTS_S)
    overdue = (
        select(calls.c.id)
        .where(calls.c.state == spelled(AttemptState.ACCEPTED), (calls.c.deadline_at < now) | is_too_late)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(calls)
        .where(calls.c.id.in_(overdue))
        .values(accepted_at=func.least(calls.c.accepted_at, now), deadline_at=now + _seconds(ask_again_s))
        .returning(
            calls.c.id,
            calls.c.call_control_id,
            calls.c.deadline_at,
            now.label("db_now"),
            (_ends_at() > now).label("may_go_on"),
        )
    )
    return tx.execute(taken).all()


def let_call_go_on(tx: Connection, call_id: str) -> None:
    """Ask about a call that lives when its time is up, and about a caller now and then."""
    now = func.clock_timestamp()
    asked_again = func.least(now + _seconds(_asked_after_s()), _ends_at())
    still_lives = (calls.c.id == call_id) & (calls.c.state == spelled(AttemptState.ACCEPTED))
    tx.execute(update(calls).where(still_lives).values(deadline_at=asked_again))


def _asked_after_s() -> ColumnElement[int]:
    """Return the longest time until a call is asked about."""
    return case((calls.c.direction == "inbound", func.least(ASK_EVERY_S, _lasts_s())), else_=_lasts_s())


def _ends_at() -> ColumnElement[datetime]:
    """Return when a call has had all the time it was given."""
    return calls.c.accepted_at + _seconds(_lasts_s())


def _lasts_s() -> ColumnElement[int]:
    return calls.c.ring_limit_s + calls.c.talk_limit_s + DEADLINE_SLACK_S


def _seconds(seconds: ColumnElement[int] | int) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)
