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
    return bool(tx.execute(_HAS_TABLE).scalar()) and tx.execute(_REVISIONS).scalars().all() == [newest_revision()]


@cache
def newest_revision() -> str:
    """Return the newest revision of this code, by which its file is named: `0013` of `0013_recordings_of_….py`."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))
