"""Stores what holds for every campaign: the caps said over REST, beside those of the environment, and retention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.policy.caps import Caps
from orchestrator.policy.retention import Retention

_TO_RELEASE = "to_release"
IS_TO_RELEASE = f"policy ? '{_TO_RELEASE}'"
"""Says of the row of `installation` that its caps have changed and not all whom they held are released yet."""

_READ = text("SELECT policy FROM installation WHERE id = 1")
# Waits for the claims under way, which share this row; those that follow read what is written now.
_LOCK = text("INSERT INTO installation (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 1 RETURNING policy")
_WRITE = text("UPDATE installation SET policy = policy || :part WHERE id = 1").bindparams(
    bindparam("part", type_=JSONB)
)
_KEEP = text(
    "INSERT INTO policy_changes (changes, because, changed_by) VALUES (:changes, :because, :by) RETURNING id"
).bindparams(bindparam("changes", type_=JSONB))
_RELEASED = text(
    "UPDATE installation SET policy = policy - 'to_release'"
    " WHERE id = 1 AND policy->'to_release' = to_jsonb(CAST(:id AS bigint))"
)
_CHANGES = text("SELECT changes, because, changed_by, changed_at FROM policy_changes ORDER BY id DESC LIMIT :limit")


def read_policy(tx: Connection) -> Mapping[str, Any]:
    """Return what was said over REST, by field: `caps`, `retention`."""
    return tx.execute(_READ).scalar() or {}


def lock_policy(tx: Connection) -> Mapping[str, Any]:
    """Return the same; until the transaction ends nobody else changes it, and no contact is claimed."""
    policy: Mapping[str, Any] = tx.execute(_LOCK).scalar_one()
    return policy


def said_caps(policy: Mapping[str, Any]) -> Caps:
    """Return the caps of a stored policy."""
    return Caps.model_validate(policy.get("caps", {}))


def said_retention(policy: Mapping[str, Any]) -> Retention:
    """Return the retention of a stored policy."""
    return Retention.model_validate(policy.get("retention", {}))


def caps_in_force(tx: Connection, caps: Caps) -> Caps:
    """Return what holds for every campaign: of the environment's `caps` and those said over REST the stricter."""
    return caps.tightened_by(said_caps(read_policy(tx)))


def write_policy(
    tx: Connection, part: Mapping[str, Any], *, changes: Mapping[str, Any], because: str, by: str, releases: bool
) -> None:
    """Write fields of the policy, and keep what was changed, by whom and why.

    `releases` notes in the same transaction that contacts are to be released, for whoever comes after a crash.
    """
    change_id = tx.execute(_KEEP, {"changes": dict(changes), "because": because, "by": by}).scalar_one()
    tx.execute(_WRITE, {"part": {**part, **({_TO_RELEASE: change_id} if releases else {})}})


def change_to_release(tx: Connection) -> int | None:
    """Return the newest change of the caps whose contacts have not all been released yet."""
    return read_policy(tx).get(_TO_RELEASE)


def mark_released(tx: Connection, change_id: int) -> None:
    """Note that all are released whom the caps held before this change; one that came since stays noted."""
    tx.execute(_RELEASED, {"id": change_id})


def list_changes(tx: Connection, *, limit: int) -> Sequence[Row[Any]]:
    """Return the last changes, newest first."""
    return tx.execute(_CHANGES, {"limit": limit}).all()
