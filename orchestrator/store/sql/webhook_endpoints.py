"""Queries on webhook endpoints: who receives events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from orchestrator.model.told_event import ToldEvent
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import webhook_endpoints as endpoints

ROTATION_S: Final = 86_400
"""How long the secret before signs too."""

RECEIVES: Final = (
    "{endpoint}.deleted_at IS NULL AND {endpoint}.disabled_at IS NULL"
    " AND (cardinality({endpoint}.events) = 0 OR {event}.type = ANY({endpoint}.events))"
)
"""Says of two rows that the endpoint receives the event; what happens while it is disabled it does not."""

_IS_THERE = endpoints.c.deleted_at.is_(None)
_SHOWN = select(endpoints).where(_IS_THERE)
_ROTATE = text(
    """
    UPDATE webhook_endpoints SET previous_secret = secret, secret = :secret, updated_at = now(),
        previous_until = clock_timestamp() + make_interval(secs => :for_s)
    WHERE id = :id AND secret <> :secret
    """
)
# Not at every delivery, for its row would be the one that all of them change.
_ACCEPTED = text(
    """
    UPDATE webhook_endpoints SET failures = 0, rest_until = NULL, heard_at = clock_timestamp()
    WHERE id = :id AND (failures > 0 OR heard_at < clock_timestamp() - interval '1 minute')
    """
)
_FAILED = text(
    """
    UPDATE webhook_endpoints SET failures = failures + :failures,
        rest_until = CASE WHEN :rest_s > 0 THEN clock_timestamp() + make_interval(secs => :rest_s) END
    WHERE id = :id
    """
)
_DISABLE_IF_SILENT = text(
    """
    UPDATE webhook_endpoints SET disabled_at = clock_timestamp(), disabled_reason = :reason, updated_at = now()
    WHERE id = :id AND disabled_at IS NULL AND heard_at <= clock_timestamp() - make_interval(secs => :silent_s)
    """
)


_TOLD_OF_ANSWERS = text(
    f"""
    SELECT EXISTS (SELECT FROM webhook_endpoints e, (VALUES ('{ToldEvent.CALL_ANSWERED}')) AS v(type)
                   WHERE {RECEIVES.format(endpoint="e", event="v")})
    """  # noqa: S608 built from constants
)


def is_any_told_of_answers(tx: Connection) -> bool:
    """Return whether an endpoint receives `call.answered`."""
    return bool(tx.execute(_TOLD_OF_ANSWERS).scalar_one())


def insert_endpoint(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert an endpoint; one with the same id, made by the same request, stays."""
    tx.execute(upsert(endpoints).values(values).on_conflict_do_nothing(index_elements=[endpoints.c.id]))


def count_endpoints(tx: Connection) -> int:
    """Return how many endpoints there are."""
    return int(tx.execute(select(func.count()).where(_IS_THERE)).scalar_one())


def find_endpoint(tx: Connection, endpoint_id: str) -> Row[Any] | None:
    """Return an endpoint."""
    return tx.execute(_SHOWN.where(endpoints.c.id == endpoint_id)).first()


def lock_endpoint(tx: Connection, endpoint_id: str) -> Row[Any] | None:
    """Lock an endpoint against other changes and return it."""
    return tx.execute(_SHOWN.where(endpoints.c.id == endpoint_id).with_for_update(key_share=True)).first()


def list_endpoints(tx: Connection, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of endpoints."""
    return tx.execute(newest_first(_SHOWN, endpoints.c.id, after=after, limit=limit)).all()


def update_endpoint(tx: Connection, endpoint_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of an endpoint."""
    changed = update(endpoints).where(endpoints.c.id == endpoint_id, _IS_THERE)
    tx.execute(changed.values({**changes, "updated_at": func.now()}))


def rotate_secret(tx: Connection, endpoint_id: str, secret: str) -> None:
    """Give an endpoint another secret; the one before signs too, for a day. The same again changes nothing."""
    tx.execute(_ROTATE, {"id": endpoint_id, "secret": secret, "for_s": ROTATION_S})


def enable_endpoint(tx: Connection, endpoint_id: str) -> None:
    """Let an endpoint receive again, as if it had just accepted something."""
    enabled = update(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_not(None))
    fresh = {"failures": 0, "rest_until": None, "heard_at": func.clock_timestamp(), "updated_at": func.now()}
    tx.execute(enabled.values(disabled_at=None, disabled_reason=None, **fresh))


def disable_endpoint(tx: Connection, endpoint_id: str, reason: str, *, silent_s: float = 0) -> bool:
    """Disable an endpoint that has accepted nothing for so many seconds; False if it has, or is disabled already."""
    params = {"id": endpoint_id, "reason": reason, "silent_s": silent_s}
    return tx.execute(_DISABLE_IF_SILENT, params).rowcount == 1


def note_accepted(tx: Connection, endpoint_id: str) -> None:
    """Note that an endpoint accepts what it is sent."""
    tx.execute(_ACCEPTED, {"id": endpoint_id})


def note_failures(tx: Connection, endpoint_id: str, failures: int, *, rest_s: float) -> None:
    """Add failures in a row, and let the endpoint rest for so many seconds, 0 for not at all."""
    tx.execute(_FAILED, {"id": endpoint_id, "failures": failures, "rest_s": rest_s})


def mark_deleted(tx: Connection, endpoint_id: str) -> bool:
    """Delete an endpoint for everybody, with its secrets; False if there is none. A sweep removes its deliveries."""
    gone = update(endpoints).where(endpoints.c.id == endpoint_id, _IS_THERE)
    return tx.execute(gone.values(deleted_at=func.now(), secret="", previous_secret=None)).rowcount == 1


def all_endpoints(tx: Connection) -> Sequence[Row[Any]]:
    """Return every endpoint, those whose deliveries are still to be removed too."""
    found: Sequence[Row[Any]] = tx.execute(text("SELECT id, deleted_at FROM webhook_endpoints")).all()
    return found


def forget_endpoint(tx: Connection, endpoint_id: str) -> None:
    """Delete the row of an endpoint whose deliveries are deleted."""
    tx.execute(delete(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.deleted_at.is_not(None)))
