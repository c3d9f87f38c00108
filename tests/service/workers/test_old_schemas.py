"""Each process ends at once, and says what to do, where the database has an older schema than it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orchestrator.errors import Misconfigured
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.ports import free_port
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.schema_version import newest_revision
from tests.support.process_alone import process_alone

PROCESSES = {
    "engine": command_lines.engine(["advance"]),
    "dispatch": command_lines.engine(["dispatch"]),
    "commands": command_lines.worker("commands", name="commands"),
    "dials": command_lines.worker("dials", name="dials"),
    "api": command_lines.serve(only_webhooks=False, host="127.0.0.1", port=free_port()),
}
READY = {"engine": "engine runs: ", "api": "listening"}
OLDER, NEWER = "0038", "9999"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_ends_on_an_older_schema_and_says_what_to_do(
    name: str, sql: Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    stores = {"database_url": database_url, "redis_url": redis_url}
    with _schema(sql, OLDER), process_alone(PROCESSES[name], **stores, log=tmp_path / "log") as process:
        status = process.ends()

    told = [line for line in process.said.splitlines() if "schema" in line]
    assert status == 1
    assert len(told) == 1
    assert f"has schema {OLDER}, this version needs {newest_revision()}: run its `orchestrator migrate`" in told[0]


@pytest.mark.parametrize("name", READY)
def test_a_process_of_the_version_before_is_started_again_beside_an_upgrade(
    name: str, sql: Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    stores = {"database_url": database_url, "redis_url": redis_url}
    with _schema(sql, NEWER), process_alone(PROCESSES[name], **stores, log=tmp_path / "log") as process:
        process.wait_until_said(READY[name])


def test_a_worker_of_commands_starts_while_postgresql_is_away(redis_url: str, tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
    with process_alone(
        PROCESSES["commands"], database_url=nowhere, redis_url=redis_url, log=tmp_path / "log"
    ) as process:
        process.wait_until_said(" ready.")

    assert "PostgreSQL does not answer" in process.said


def test_a_newer_schema_is_not_migrated(sql: Engine, database_url: str) -> None:
    with _schema(sql, NEWER), pytest.raises(Misconfigured, match=f"has schema {NEWER}.*start a newer version"):
        upgrade(database_url)


@contextmanager
def _schema(sql: Engine, revision: str) -> Iterator[None]:
    """Let the database say that it has another schema."""
    _say(sql, revision)
    try:
        yield
    finally:
        _say(sql, newest_revision())


def _say(sql: Engine, revision: str) -> None:
    with sql.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
