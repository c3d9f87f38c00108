"""Queries on deliveries: leased in the order of their subjects, ended, listed, made again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.policy.webhook_retries import RESTS_AFTER
from orchestrator.store.sql.event_order import SHARE_ORDER
from orchestrator.store.sql.tables import events
from orchestrator.store.sql.tables import webhook_deliveries as deliveries
from orchestrator.store.sql.told_events import seq_of

PENDING: Final = "pending"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"

_FORGOTTEN_AT_ONCE = 1_000
_MAY_RECEIVE = "e.deleted_at IS NULL AND e.disabled_at IS NULL AND coalesce(e.rest_until, '-infinity') <= now()"
# Who waits longest comes first, so that an endpoint with many deliveries delays no other.
_CHOOSE = text(
    f"""
    SELECT e.id, e.url, e.secret, e.failures,
        CASE WHEN e.previous_until > clock_timestamp() THEN e.previous_secret END AS previous_secret
    FROM webhook_endpoints e CROSS JOIN LATERAL (
        SELECT due_at FROM webhook_deliveries d
        WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.due_at <= now() ORDER BY d.due_at LIMIT 1) d
    WHERE {_MAY_RECEIVE} AND e.id <> ALL(:full) AND NOT (e.failures >= {RESTS_AFTER} AND e.id = ANY(:in_use))
    ORDER BY d.due_at LIMIT 1
    """  # noqa: S608 built from constants
)
_LEASE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT endpoint_id, seq FROM webhook_deliveries
        WHERE endpoint_id = :endpoint_id AND status = 'pending' AND due_at <= now()
        ORDER BY due_at, seq LIMIT :most FOR UPDATE SKIP LOCKED
    ), leased AS (
        UPDATE webhook_deliveries d SET lease = :lease, due_at = now() + make_interval(secs => :lease_s)
        FROM due WHERE d.endpoint_id = due.endpoint_id AND d.seq = due.seq
        RETURNING d.seq, d.subject AS line, d.tries, extract(epoch FROM now() - d.first_tried_at)::float AS age_s
    )
    SELECT l.*, v.id, v.type, v.subject, v.at, v.data FROM leased l JOIN events v ON v.seq = l.seq ORDER BY l.seq
    """
)
_END = text(
    """
    UPDATE webhook_deliveries d SET status = r.status, lease = NULL, answered = r.answered, error = r.error,
        due_at = CASE WHEN r.status = 'pending' THEN now() + make_interval(secs => r.pause_s) END,
        tries = d.tries + 1, first_tried_at = coalesce(d.first_tried_at, now()), tried_at = clock_timestamp()
    FROM jsonb_to_recordset(:results) AS r(seq bigint, status text, answered smallint, error text, pause_s float8)
    WHERE d.endpoint_id = :endpoint_id AND d.seq = r.seq AND d.lease = :lease
    """
).bindparams(bindparam("results", type_=JSONB))
_GIVE_BACK = text(
    """
    UPDATE webhook_deliveries SET lease = NULL, due_at = now()
    WHERE endpoint_id = :endpoint_id AND seq = ANY(:seqs) AND lease = :lease
    """
)
_LET_NEXT_GO = text(
    """
    UPDATE webhook_deliveries d SET due_at = now()
    FROM unnest(CAST(:lines AS text[])) AS s(line) CROSS JOIN LATERAL (
        SELECT seq FROM webhook_deliveries p
        WHERE p.endpoint_id = :endpoint_id AND p.subject = s.line AND p.status = 'pending'
        ORDER BY p.seq LIMIT 1) next
    WHERE d.endpoint_id = :endpoint_id AND d.seq = next.seq AND d.due_at IS NULL
    """
)
# Whatever was over is in a line of its own from now on: it waits for nobody, and nobody of its subject waits for it.
_ANEW = text(
    """
    UPDATE webhook_deliveries SET status = 'pending', due_at = now(), lease = NULL, tries = 0, first_tried_at = NULL,
        error = NULL, subject = CASE WHEN status = 'pending' THEN subject ELSE event_id END
    WHERE endpoint_id = :endpoint_id AND seq = :seq AND event_id = :event_id
        AND (status <> 'pending' OR (due_at IS NOT NULL AND lease IS NULL))
    """
)
_FORGET_OLD = text(
    """
    DELETE FROM webhook_deliveries WHERE endpoint_id = :endpoint_id AND seq IN (
        SELECT seq FROM webhook_deliveries WHERE endpoint_id = :endpoint_id
            AND seq < CASE WHEN :is_deleted THEN 9223372036854775807
                      ELSE coalesce((SELECT seq FROM events ORDER BY seq LIMIT 1), 0) END
        ORDER BY seq LIMIT :most)
    RETURNING subject, status
    """
)
_SUBJECT = func.coalesce(events.c.subject, deliveries.c.subject)
_SHOWN: Final[Select[Any]] = select(
    *(column for column in deliveries.c if column is not deliveries.c.subject),
    deliveries.c.event_id.label("id"),
    _SUBJECT.label("subject"),
).join_from(deliveries, events, events.c.seq == deliveries.c.seq, isouter=True)


@dataclass(frozen=True)
class Ended:
    """What came of one try: `pending` with the pause until the next, `delivered` or `failed`."""

    seq: int
    status: str
    answered: int | None
    error: str | None
    pause_s: float = 0.0


def choose_endpoint(tx: Connection, *, full: Collection[str], in_use: Collection[str]) -> Row[Any] | None:
    """Return an endpoint that something is due for: none that is `full`, nor one that only fails and is `in_use`."""
    return tx.execute(_CHOOSE, {"full": list(full), "in_use": list(in_use)}).first()


def lease_deliveries(tx: Connection, endpoint_id: str, lease: str, *, most: int, lease_s: float) -> Sequence[Row[Any]]:
    """Lease what is due for an endpoint and return it with its events; nobody else gets it meanwhile."""
    params = {"endpoint_id": endpoint_id, "lease": lease, "most": most, "lease_s": lease_s}
    return tx.execute(_LEASE, params).all()


def end_tries(tx: Connection, endpoint_id: str, lease: str, *, ended: Sequence[Ended], lines: Collection[str]) -> None:
    """Write what came of leased deliveries, and let the next of those `lines` go whose delivery is over."""
    if not ended:
        return
    tx.execute(SHARE_ORDER)
    results = [asdict(each) for each in ended]
    tx.execute(_END, {"endpoint_id": endpoint_id, "lease": lease, "results": results})
    _let_next_go(tx, endpoint_id, lines)


def give_back(tx: Connection, endpoint_id: str, lease: str, seqs: Sequence[int]) -> None:
    """Give back leased deliveries that were not tried."""
    if seqs:
        tx.execute(_GIVE_BACK, {"endpoint_id": endpoint_id, "seqs": list(seqs), "lease": lease})


def list_deliveries(
    tx: Connection, endpoint_id: str, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of an endpoint's deliveries, the newest event first."""
    query = _SHOWN.where(deliveries.c.endpoint_id == endpoint_id)
    if "status" in filters:  # in the text: the rare ones are found by an index that holds them alone
        query = query.where(deliveries.c.status == literal(filters["status"], literal_execute=True))
    if after is not None:
        query = query.where(deliveries.c.seq < seq_of(after))
    return tx.execute(query.order_by(deliveries.c.seq.desc()).limit(limit + 1)).all()


def find_delivery(tx: Connection, endpoint_id: str, event_id: str) -> Row[Any] | None:
    """Return the delivery of an event to an endpoint."""
    here = (deliveries.c.endpoint_id == endpoint_id, deliveries.c.seq == seq_of(event_id))
    return tx.execute(_SHOWN.where(*here, deliveries.c.event_id == event_id)).first()


def deliver_anew(tx: Connection, endpoint_id: str, event_id: str) -> None:
    """Make a delivery due now, with all its tries; one under way, or behind an earlier one, is left alone."""
    tx.execute(_ANEW, {"endpoint_id": endpoint_id, "seq": seq_of(event_id), "event_id": event_id})


def forget_deliveries(tx: Connection, endpoint_id: str, *, is_deleted: bool) -> int:
    """Delete a batch of the deliveries whose events are kept no longer, or of a deleted endpoint; return how many."""
    params = {"endpoint_id": endpoint_id, "is_deleted": is_deleted, "most": _FORGOTTEN_AT_ONCE}
    tx.execute(SHARE_ORDER)
    forgotten = tx.execute(_FORGET_OLD, params).all()
    _let_next_go(tx, endpoint_id, {row.subject for row in forgotten if row.status == PENDING})
    return len(forgotten)


def _let_next_go(tx: Connection, endpoint_id: str, lines: Collection[str]) -> None:
    if lines:
        tx.execute(_LET_NEXT_GO, {"endpoint_id": endpoint_id, "lines": sorted(lines)})
