"""Events that the outside is told: put in the order in which they can be read, offered to endpoints, and read.

The id of an event begins with its number in that order, so that who has read one can name the place; the rest is
random, for a database that is restored gives the numbers behind its copy again, to other events.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from orchestrator.model.told_event import KEPT_DAYS
from orchestrator.store.sql.event_order import HOLD_ORDER
from orchestrator.store.sql.webhook_endpoints import RECEIVES

MOVED_AT_ONCE: Final = 500
_FORGOTTEN_AT_ONCE = 1_000

_EVENT_ID = "'evt_0' || upper(lpad(to_hex({seq}), 13, '0') || left(replace(gen_random_uuid()::text, '-', ''), 12))"
_ANY_NEW = text("SELECT EXISTS (SELECT FROM new_events)")
# A delivery whose subject has an earlier one that is still to be made waits for it.
_DELIVERIES = f"""
    INSERT INTO webhook_deliveries (endpoint_id, seq, event_id, type, subject, due_at)
    SELECT e.id, w.seq, w.id, w.type, w.subject, CASE
        WHEN row_number() OVER (PARTITION BY e.id, w.subject ORDER BY w.seq) = 1 AND NOT EXISTS (
            SELECT FROM webhook_deliveries p
            WHERE p.endpoint_id = e.id AND p.subject = w.subject AND p.status = 'pending') THEN now() END
    FROM written w JOIN webhook_endpoints e ON {RECEIVES.format(endpoint="e", event="w")}
"""  # noqa: S608 built from constants
_MOVE = text(
    f"""
    WITH taken AS (
        DELETE FROM new_events WHERE position IN (SELECT position FROM new_events ORDER BY position LIMIT :most)
        RETURNING *
    ), numbered AS (
        SELECT nextval(pg_get_serial_sequence('events', 'seq')) AS seq, t.*
        FROM (SELECT * FROM taken ORDER BY position) t
    ), written AS (
        INSERT INTO events (seq, id, type, subject, at, data) OVERRIDING SYSTEM VALUE
        SELECT seq, {_EVENT_ID.format(seq="seq")}, type, subject, at, data FROM numbered
        RETURNING seq, id, type, subject
    ), offered AS ({_DELIVERIES} RETURNING 1)
    SELECT (SELECT count(*) FROM taken) AS moved, (SELECT count(*) FROM offered) AS offered
    """  # noqa: S608 built from constants
)
_TEST = text(
    f"""
    WITH numbered AS (SELECT nextval(pg_get_serial_sequence('events', 'seq')) AS seq), written AS (
        INSERT INTO events (seq, id, type, subject, at, data) OVERRIDING SYSTEM VALUE
        SELECT seq, {_EVENT_ID.format(seq="seq")}, 'endpoint.test', :endpoint_id, clock_timestamp(),
            jsonb_build_object('endpoint_id', CAST(:endpoint_id AS text))
        FROM numbered RETURNING seq, id, type, subject
    )
    INSERT INTO webhook_deliveries (endpoint_id, seq, event_id, type, subject, due_at)
    SELECT :endpoint_id, seq, id, type, subject, now() FROM written RETURNING *
    """  # noqa: S608 built from constants
)
_COLUMNS = "id, type, subject, at, data"
_READ = text(f"SELECT {_COLUMNS} FROM events WHERE seq > :after ORDER BY seq LIMIT :limit")  # noqa: S608 constants
_READ_OF_SUBJECT = text(
    f"""
    SELECT {_COLUMNS} FROM events WHERE subject = :subject AND seq > :after
        AND (CAST(:types AS text[]) IS NULL OR type = ANY(:types))
    ORDER BY seq LIMIT :limit
    """  # noqa: S608 constants
)
# Each type as a range of the index of types: behind `type = …` the planner would look for the events of a rare one
# among all others.
_READ_OF_TYPES = text(
    f"""
    SELECT {_COLUMNS} FROM unnest(CAST(:types AS text[])) AS t(wanted) CROSS JOIN LATERAL (
        SELECT * FROM events v
        WHERE (v.type, v.seq) > (t.wanted, :after) AND (v.type, v.seq) <= (t.wanted, 9223372036854775807)
        ORDER BY v.type, v.seq LIMIT :limit) e
    ORDER BY seq LIMIT :limit
    """  # noqa: S608 constants
)
_NEWEST = text("SELECT id FROM events ORDER BY seq DESC LIMIT 1")
_FORGET = text(
    f"""
    DELETE FROM events WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM events ORDER BY seq LIMIT :most) oldest
                                     WHERE at < clock_timestamp() - interval '{KEPT_DAYS} days')
    """  # noqa: S608 constants
)


def is_any_new(tx: Connection) -> bool:
    """Return whether an event was written that nobody can read yet."""
    return bool(tx.execute(_ANY_NEW).scalar_one())


def move_new_events(tx: Connection, *, most: int = MOVED_AT_ONCE) -> Row[Any]:
    """Put up to `most` events that were written and committed in their order; return how many were moved and offered.

    One transaction at a time gives numbers, and the next waits until it has committed: whoever has read a number has
    seen all that is ever below it. What is committed late only gets a later number.
    """
    tx.execute(HOLD_ORDER)
    return tx.execute(_MOVE, {"most": most}).one()


def write_test_event(tx: Connection, endpoint_id: str) -> Row[Any]:
    """Write an event for one endpoint alone, due at once, and return its delivery."""
    tx.execute(HOLD_ORDER)
    return tx.execute(_TEST, {"endpoint_id": endpoint_id}).one()


def read_events(
    tx: Connection, *, after: int, types: Collection[str], subject: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return events behind the number `after`, in their order; no `types` are all."""
    params: dict[str, Any] = {"after": after, "limit": limit}
    wanted = sorted(set(types)) or None
    if subject is not None:
        return tx.execute(_READ_OF_SUBJECT, {**params, "subject": subject, "types": wanted}).all()
    if wanted:
        return tx.execute(_READ_OF_TYPES, {**params, "types": wanted}).all()
    return tx.execute(_READ, params).all()


def newest_event(tx: Connection) -> str | None:
    """Return the id of the last event that can be read, if there is any."""
    return tx.execute(_NEWEST).scalar()


def forget_events(tx: Connection) -> int:
    """Delete a batch of the events that are kept no longer; return how many."""
    return tx.execute(_FORGET, {"most": _FORGOTTEN_AT_ONCE}).rowcount


def seq_of(event_id: str) -> int:
    """Return the number that an event's id begins with, 0 for what is none."""
    try:
        return int(event_id[5:18], 16)
    except ValueError:
        return 0
