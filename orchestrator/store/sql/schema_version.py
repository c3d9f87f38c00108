"""Says whether the database has the schema that this code was written for.

Readiness asks this every few seconds and at every start, so it does without Alembic, which takes long to import.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_HAS_TABLE = text("SELECT to_regclass('alembic_version') IS NOT NULL")
_REVISIONS = text("SELECT version_num FROM alembic_version")


def is_current(tx: Connection) -> bool:
    """Return whether the schema is the one that this code needs."""
    return _revision(tx) == newest_revision()


def schema_remedy(tx: Connection) -> str:
    """Return what to do about a schema that is not the one this code was written for; empty if it is."""
    found, ours = _revision(tx), newest_revision()
    if found is None:
        return "the database has no schema yet: run `orchestrator migrate` first"
    if found < ours:
        return f"the database has schema {found}, this version needs {ours}: run its `orchestrator migrate` first"
    if found > ours:
        return f"the database has schema {found}, this version knows {ours} at most: start a newer version"
    return ""


def is_older(tx: Connection) -> bool:
    """Return whether this code needs a newer schema, or any.

    A newer one is no obstacle: what runs beside an upgrade, and is started again meanwhile, is of the version before.
    """
    found = _revision(tx)
    return found is None or found < newest_revision()


def _revision(tx: Connection) -> str | None:
    return tx.execute(_REVISIONS).scalar() if tx.execute(_HAS_TABLE).scalar() else None


@cache
def newest_revision() -> str:
    """Return the newest revision of this code, by which its file is named: `0013` of `0013_recordings_of_….py`."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))
