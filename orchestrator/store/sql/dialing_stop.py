"""Stores the stop of all dialing: by whom, since when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.clock import rfc3339
from orchestrator.policy.timestamps import parse_timestamp

# The first stop stays: a second one must not overwrite the reason, which is needed to decide when to resume.
_STOP = text(
    "INSERT INTO installation (id, dialing_stopped) VALUES (1, :stop) "
    "ON CONFLICT (id) DO UPDATE SET dialing_stopped = coalesce(installation.dialing_stopped, :stop)"
).bindparams(bindparam("stop", type_=JSONB))
_READ = text("SELECT dialing_stopped FROM installation WHERE dialing_stopped IS NOT NULL")
_RESUME = text("UPDATE installation SET dialing_stopped = NULL")


@dataclass(frozen=True)
class Stop:
    """A stop of all dialing; `by` is None where an older version wrote it."""

    since: datetime | None
    by: str | None
    reason: str | None

    @property
    def sentence(self) -> str:
        """By whom, since when and why dialing is stopped, and how to resume it."""
        by = f" by {self.by}" if self.by else ""
        stopped = f"has been stopped since {rfc3339(self.since)}" if self.since else "is stopped"
        why = f": {self.reason}" if self.reason else ""
        return f"All dialing {stopped}{by}{why} (`orchestrator dialing resume` or POST /v1/dialing/resume)"


def write_stop(tx: Connection, stop: Stop) -> None:
    """Stop all dialing, unless it is stopped already."""
    kept = {"at": stop.since and rfc3339(stop.since), "by": stop.by, "reason": stop.reason}
    tx.execute(_STOP, {"stop": kept})


def read_stop(tx: Connection) -> Stop | None:
    """Return the stop that is in force."""
    kept = tx.execute(_READ).scalar()
    return None if kept is None else _read(kept)


def clear_stop(tx: Connection) -> None:
    """Resume dialing."""
    tx.execute(_RESUME)


def _read(kept: Mapping[str, Any]) -> Stop:
    since = kept.get("at")
    return Stop(since=parse_timestamp(since) if since else None, by=kept.get("by"), reason=kept.get("reason"))
