"""Each process ends at once, and says what to do, where the database has an older schema than it needs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orchestrator.errors import Misconfigured
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.ports import free_port
from orchestrator.settings import child_environment
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.schema_version import newest_revision
from tests.support.poll import eventually
from tests.support.rest import CONNECTION, KEY

WORKING = {
    "engine": (command_lines.engine(["advance"]), "engine runs: "),
    "dispatch": (command_lines.engine(["dispatch"]), "engine runs: "),
    "commands": (command_lines.worker("commands", name="commands"), " ready."),
    "dials": (command_lines.worker("dials", name="dials"), " ready."),
    "api": (command_lines.serve(only_webhooks=False, host="127.0.0.1", port=free_port()), "listening"),
}
NEVER_ENDS_S = 60.0
OLDER, NEWER = "0038", "9999"


@pytest.mark.parametrize("name", WORKING)
def test_a_process_ends_on_an_older_schema_and_says_what_to_do(
    name: str, sql: Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with _schema(sql, OLDER), _process(name, database_url, redis_url, tmp_path / "log") as process:
        status = process.wait(timeout=NEVER_ENDS_S)

    told = [line for line in (tmp_path / "log").read_text().splitlines() if "schema" in line]
    assert status == 1
    assert len(told) == 1
    assert f"has schema {OLDER}, this version needs {newest_revision()}: run its `orchestrator migrate`" in told[0]


@pytest.mark.parametrize("name", ["engine", "api"])
def test_a_process_of_the_version_before_is_started_again_beside_an_upgrade(
    name: str, sql: Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    ready = WORKING[name][1]
    with _schema(sql, NEWER), _process(name, database_url, redis_url, tmp_path / "log") as process:
        eventually(lambda: ready in (tmp_path / "log").read_text() or process.poll() is not None, within=NEVER_ENDS_S)

        assert process.poll() is None, (tmp_path / "log").read_text()


def test_a_worker_of_commands_starts_while_postgresql_is_away(redis_url: str, tmp_path: Path) -> None:
    nowhere, log = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing", tmp_path / "log"
    with _process("commands", nowhere, redis_url, log) as process:
        eventually(lambda: " ready." in log.read_text() or process.poll() is not None, within=NEVER_ENDS_S)

        assert process.poll() is None, log.read_text()
    assert "PostgreSQL does not answer" in log.read_text()


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


@contextmanager
def _process(name: str, database_url: str, redis_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "ORCHESTRATOR_REDIS_URL": redis_url,
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "ORCHESTRATOR_API_KEY": KEY,
        "TELNYX_API_KEY": "KEYnone",
        "TELNYX_CONNECTION_ID": CONNECTION,
    }
    with log.open("wb") as lines:
        process = subprocess.Popen(
            WORKING[name][0], env=child_environment(environment), stdout=lines, stderr=lines, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
