"""The newest revision is known without Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory

import orchestrator.store.sql.schema_version
from orchestrator.store.sql.schema_version import newest_revision


def test_the_newest_revision_is_the_one_that_alembic_would_upgrade_to() -> None:
    folder = Path(orchestrator.store.sql.schema_version.__file__).parent / "migrations"

    assert newest_revision() == ScriptDirectory(str(folder)).get_current_head()
