"""The dial ledger: every move of an attempt between its states, each one compare-and-set in SQL (guarantees §1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    TextClause,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.attempt_state import AttemptState
from orchestrator.store.sql.call_filters import is_live
from orchestrator.store.sql.state_changes import change_state, sources_of
from orchestrator.store.sql.state_lists import spelled
from orchestrator.store.sql.tables import NUMBER_GUARD, calls

REPEAT_AFTER_S = 15  # a send is unanswered after this long; the whole request is bounded to 12 s
REPEAT_WITHIN_S = 40  # the carrier ignores repeats of a command_id for 60 s
_JUDGED_FOR_S = 5  # at most, where a send follows: one that is judged for longer than 3 s is not made (R1)
REQUEST_LASTS_S = 16  # at most 3 s to the socket (R1) and 12 s from there, and one for a slow clock
DEADLINE_SLACK_S = 60
PUBLISH_AGAIN_AFTER_S = 10  # a message that nobody has taken for so long may be lost
TAKEN_AGAIN_AFTER_S = 3  # of an empty queue all messages were taken: what is reserved still, its worker has lost
SENT_IN_THE_FUTURE = "last_sent_at > clock_timestamp() + interval '1 second'"  # this clock has stepped back
# What every dial and every tick asks stands here as text: to build it anew costs more than to execute it.
_LOCK = text("SELECT state FROM calls WHERE id = :id FOR UPDATE")
# Its setting holds until the transaction ends: PostgreSQL would plan the reading of the facts anew each time, because
# it takes any array for one of ten, and planning costs it four times the reading.
_LOCK_RESERVED = text(
    f"""
    SELECT id, set_config('plan_cache_mode', 'force_generic_plan', true) FROM calls
    WHERE id = ANY(:ids) AND state = '{AttemptState.RESERVED}'
    ORDER BY id FOR UPDATE SKIP LOCKED
    """  # noqa: S608 built from constants
)
_FIRST_SENDS = text(
    f"""
    UPDATE calls SET state = '{AttemptState.DIALING}', send_no = 1, first_sent_at = t.now, last_sent_at = t.now,
        dialed_at = t.now
    FROM (SELECT clock_timestamp() AS now) t WHERE id = ANY(:ids) AND state IN {sources_of(AttemptState.DIALING)}
    """  # noqa: S608 built from constants
)
_ACCEPTED = text(
    f"""
    UPDATE calls SET state = '{AttemptState.ACCEPTED}', answered_send = send_no,
        accepted_at = clock_timestamp(), unknown_at = NULL,
        deadline_at = clock_timestamp() + make_interval(secs => ring_limit_s + talk_limit_s + {DEADLINE_SLACK_S}),
        call_control_id = coalesce(calls.call_control_id, told.call_control_id),
        call_leg_id = coalesce(calls.call_leg_id, told.call_leg_id),
        call_session_id = coalesce(calls.call_session_id, told.call_session_id)
    FROM unnest(CAST(:call_ids AS text[]), CAST(:call_control_id AS text[]), CAST(:call_leg_id AS text[]),
        CAST(:call_session_id AS text[])) AS told(call_id, call_control_id, call_leg_id, call_session_id)
    WHERE id = told.call_id AND state IN {sources_of(AttemptState.ACCEPTED)}
    """  # noqa: S608 built from constants
)
NOT_TAKEN = """(published_at IS NULL OR published_at < now() - make_interval(secs => :older_than_s)
    OR published_at > now() + interval '1 second')"""
_REPUBLISH = text(
    f"""
    UPDATE calls SET published_at = now() WHERE id IN (
        SELECT id FROM calls WHERE state = '{AttemptState.RESERVED}'
            AND {NOT_TAKEN}
        ORDER BY published_at NULLS FIRST
        LIMIT least(:limit, greatest(0, (SELECT count(*) FROM calls WHERE state = '{AttemptState.RESERVED}')
            - :in_queue))
        FOR UPDATE SKIP LOCKED)
    RETURNING id
    """  # noqa: S608 built from constants
)
# Its age is not known, so it is as old as one that is not repeated, and has what a request takes to be answered.
_FROM_THE_FUTURE = text(
    f"""
    UPDATE calls SET first_sent_at = clock_timestamp() - interval '{REPEAT_WITHIN_S} seconds',
        last_sent_at = clock_timestamp()
    WHERE id IN (SELECT id FROM calls WHERE state = '{AttemptState.DIALING}' AND {SENT_IN_THE_FUTURE}
        ORDER BY id FOR UPDATE SKIP LOCKED)
    """  # noqa: S608 built from constants
)
_REPEAT_PUBLISHED = text(
    "UPDATE calls SET published_at = now() "
    "WHERE id = :id AND published_at < now() - make_interval(secs => :older_than_s)"
)
# `unsent` has a bit for each send: a fact that may be written twice, where a count would count twice.
NOTHING_CARRIED_OUT = calls.c.unsent == case({1: 1, 2: 3}, value=calls.c.send_no)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@dataclass(frozen=True)
class Send:
    """One permitted send of one attempt: what the answer must name to move the row."""

    call_id: str
    send_no: int
    row: RowMapping


def lock_call(tx: Connection, call_id: str) -> str | None:
    """Lock an attempt's row and return its state; None if there is none."""
    state: str | None = tx.execute(_LOCK, {"id": call_id}).scalar()
    return state


def lock_reserved(tx: Connection, call_ids: Sequence[str]) -> list[str]:
    """Lock those of these attempts that were never sent and return their ids, in order.

    Leaves out whom somebody else holds: who holds many must wait for none, or two of them wait for each other.
    """
    return list(tx.execute(_LOCK_RESERVED, {"ids": list(call_ids)}).scalars())


def mark_first_sends(tx: Connection, call_ids: Sequence[str]) -> None:
    """Move `reserved` to `dialing`: from this commit on their POSTs may have left (R1)."""
    tx.execute(_FIRST_SENDS, {"ids": list(call_ids)})


def mark_repeat(tx: Connection, call_id: str) -> bool:
    """Take the one repeat: 1 → 2, only when the first went unanswered for 15 s and is younger than 40 s (R2)."""
    now = func.clock_timestamp()
    taken = tx.execute(
        update(calls)
        .where(
            calls.c.id == call_id,
            calls.c.state == AttemptState.DIALING,
            calls.c.send_no == 1,
            calls.c.answered_send == 0,
            calls.c.last_sent_at < now - text(f"interval '{REPEAT_AFTER_S} seconds'"),
            calls.c.first_sent_at > now - text(f"interval '{REPEAT_WITHIN_S} seconds'"),
        )
        .values(send_no=2, last_sent_at=now)
    )
    return taken.rowcount == 1


def mark_accepted(tx: Connection, call_id: str, *, ids: Mapping[str, str | None]) -> bool:
    """Move an attempt the carrier owns to `accepted` with its ids; False if it is final or was accepted before."""
    return mark_all_accepted(tx, {call_id: ids}) == 1


def mark_all_accepted(tx: Connection, ids_of: Mapping[str, Mapping[str, str | None]]) -> int:
    """Move the attempts of `ids_of`, by call id, as `mark_accepted` does; return how many were moved."""
    names = ("call_control_id", "call_leg_id", "call_session_id")
    call_ids = sorted(ids_of)  # in the order in which all lock calls: two that lock many would wait for each other
    columns = {name: [ids_of[call_id].get(name) for call_id in call_ids] for name in names}
    return tx.execute(_ACCEPTED, {"call_ids": call_ids, **columns}).rowcount


def mark_not_carried_out(tx: Connection, send: Send) -> None:
    """Note that this one send surely dialed nobody: it never left, or the carrier said no. Safe to repeat.

    When that is true of all of an attempt's sends (`NOTHING_CARRIED_OUT`), nobody was dialed.
    """
    mine = (calls.c.id == send.call_id, calls.c.state == AttemptState.DIALING, calls.c.send_no >= send.send_no)
    unsent = calls.c.unsent.bitwise_or(1 << (send.send_no - 1))
    tx.execute(update(calls).where(*mine).values(unsent=unsent, send_over=_over(send)))


def mark_answered(tx: Connection, send: Send) -> bool:
    """Note that this send was answered with a final no, so that nothing repeats it; False if another may ring (R3)."""
    mark_not_carried_out(tx, send)
    mine = (calls.c.id == send.call_id, calls.c.state == AttemptState.DIALING, calls.c.send_no == send.send_no)
    moved = tx.execute(update(calls).where(*mine, NOTHING_CARRIED_OUT).values(answered_send=send.send_no))
    return moved.rowcount == 1


def mark_unknown(tx: Connection, call_id: str) -> bool:
    """Move an attempt that may have been sent and was never answered to `unknown`: reconciled, never redialed."""
    moved = tx.execute(
        change_state(AttemptState.UNKNOWN).where(calls.c.id == call_id).values(unknown_at=func.clock_timestamp())
    )
    return moved.rowcount == 1


def republish(tx: Connection, *, older_than_s: int, limit: int, in_queue: int) -> list[str]:
    """Return `reserved` attempts nobody has taken for so long (or that were never published), stamped anew (CAS).

    No more of them than lack a message, `in_queue` being how many still stand there: those whose message was lost are
    the oldest, and a queue that nobody reads does not grow beyond the attempts that wait.
    """
    params = {"older_than_s": older_than_s, "limit": limit, "in_queue": in_queue}
    return list(tx.execute(_REPUBLISH, params).scalars())


def publish_repeat(tx: Connection, call_id: str, *, older_than_s: int) -> bool:
    """Stamp an attempt whose repeat is to be published; False when its last message is younger than that."""
    params = {"id": call_id, "older_than_s": older_than_s}
    return tx.execute(_REPEAT_PUBLISHED, params).rowcount == 1


def age_sends_from_the_future(tx: Connection) -> int:
    """Let no send be repeated that the database's clock, having stepped back, takes for younger than it is (R2)."""
    return tx.execute(_FROM_THE_FUTURE).rowcount


def overdue_sends(tx: Connection, *, limit: int) -> Sequence[Row[Any]]:
    """Return `dialing` attempts whose last send has gone unanswered for 15 s, locked, with their age in s."""
    age = func.extract("epoch", func.clock_timestamp() - calls.c.first_sent_at).label("age_s")
    return tx.execute(
        select(calls, age)
        .where(
            calls.c.state == spelled(AttemptState.DIALING),
            calls.c.last_sent_at < func.clock_timestamp() - text(f"interval '{REPEAT_AFTER_S} seconds'"),
        )
        .order_by(calls.c.last_sent_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def mark_over(tx: Connection, send: Send) -> None:
    """Note that a send is under way no more, though its answer is not known: nobody needs to wait for it."""
    mine = (calls.c.id == send.call_id, calls.c.state == AttemptState.DIALING)
    tx.execute(update(calls).where(*mine).values(send_over=_over(send)))


def _over(send: Send) -> ColumnElement[int]:
    return func.greatest(calls.c.send_over, send.send_no)


def withdraw_undialed(tx: Connection, where: ColumnElement[bool], reason: str) -> Sequence[RowMapping]:
    """Withdraw the attempts of `where` that never left, or each of whose sends was surely not carried out (R4).

    Returns their (call_id, contact_id, campaign_id, connection_id). Waits for the row locks of sends in the act.
    """
    never_sent = calls.c.state == AttemptState.RESERVED
    surely_not_dialed = never_sent | ((calls.c.state == AttemptState.DIALING) & NOTHING_CARRIED_OUT)
    locked = select(calls.c.id).where(where, surely_not_dialed).order_by(calls.c.id).with_for_update()
    ids = list(tx.execute(locked).scalars())
    if not ids:
        return []
    return (
        tx.execute(
            change_state(AttemptState.WITHDRAWN)
            .where(calls.c.id.in_(ids), surely_not_dialed)
            .values(withdrawn_reason=reason)
            .returning(calls.c.id.label("call_id"), calls.c.contact_id, calls.c.campaign_id, calls.c.connection_id)
        )
        .mappings()
        .all()
    )


def count_live(tx: Connection, where: ColumnElement[bool]) -> int:
    """Return how many of the attempts of `where` may have a phone ringing or off the hook."""
    return int(tx.execute(select(func.count()).where(where, is_live())).scalar_one())


def count_under_way(tx: Connection, where: ColumnElement[bool]) -> int:
    """Return how many sends among the attempts of `where` may be on their way to the carrier at this moment.

    Not those whose task has seen their end, nor those older than a request can last: their task has died.
    """
    return int(tx.execute(select(func.count()).where(where, _is_under_way())).scalar_one())


def list_under_way(tx: Connection, where: ColumnElement[bool]) -> list[str]:
    """Return the attempts of `where` of which `count_under_way` counts a send."""
    return list(tx.execute(select(calls.c.id).where(where, _is_under_way())).scalars())


def _is_under_way() -> ColumnElement[bool]:
    sent = (calls.c.state == spelled(AttemptState.DIALING)) & (calls.c.answered_send < calls.c.send_no)
    young = calls.c.last_sent_at > func.clock_timestamp() - text(f"interval '{REQUEST_LASTS_S} seconds'")
    return sent & (calls.c.send_over < calls.c.send_no) & young


def list_being_judged(tx: Connection, where: ColumnElement[bool]) -> list[str]:
    """Return the attempts of `where` that somebody else holds now, and may be sending for the first or second time."""
    oldest = text(f"interval '{REPEAT_AFTER_S - _JUDGED_FOR_S} seconds'")
    is_dialing = (calls.c.state == spelled(AttemptState.DIALING)) & (calls.c.send_no == 1)
    may_be_repeated = is_dialing & (calls.c.last_sent_at < func.clock_timestamp() - oldest)
    may_be_sent = (calls.c.state == spelled(AttemptState.RESERVED)) | may_be_repeated
    query = select(calls.c.id).where(where, may_be_sent)
    every = tx.execute(query).scalars().all()
    free = tx.execute(query.with_for_update(skip_locked=True)).scalars().all() if every else ()
    return sorted(set(every).difference(free))


def insert_reserved(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Insert attempts in number order; return the ids that won their number's guard (guarantees §1)."""
    if not rows:
        return set()
    return set(tx.execute(_insertion(tuple(rows[0])), {"rows": list(rows)}).scalars())


@cache
def _insertion(names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(names)
    shape = ", ".join(f"{name} {calls.c[name].type.compile(_DIALECT)}" for name in names)
    return text(
        f"INSERT INTO calls ({columns}) SELECT {columns} FROM jsonb_to_recordset(:rows) AS r({shape}) "  # noqa: S608 built from constants
        "ORDER BY to_number "
        f"ON CONFLICT (to_number) WHERE {NUMBER_GUARD} DO NOTHING RETURNING id"
    ).bindparams(bindparam("rows", type_=JSONB))


def database_now(tx: Connection) -> datetime:
    """Return the database's clock, by which every age in the ledger is judged (R25)."""
    now: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return now
