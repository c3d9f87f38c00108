"""The embedded servers are real ones, with the settings the guarantees lean on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, inspect, text

from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from tests.support.poll import eventually

_HOLDER = """
import sys, signal
from pathlib import Path
from orchestrator.local_stack.embedded_servers import start_postgres, start_valkey
folder = Path(sys.argv[1])
valkey, postgres = start_valkey(folder / "valkey"), start_postgres(folder / "postgres", durable=False)
print(valkey.pid, postgres.pid, flush=True)
signal.pause()
"""


def test_valkey_writes_to_disk_before_it_answers_and_never_evicts(redis_client: redis.Redis) -> None:
    settings = redis_client.config_get("append*") | redis_client.config_get("maxmemory-policy")

    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"


def test_valkey_wants_its_password(valkey_server: RunningServer) -> None:
    port = int(valkey_server.url.rsplit(":", 1)[1].split("/")[0])

    with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_postgres_answers_a_commit_only_when_it_is_on_disk_and_listens_on_no_network(sql: Engine) -> None:
    with sql.connect() as tx:
        settings = tx.execute(
            text("SELECT current_setting('synchronous_commit'), current_setting('listen_addresses')")
        ).one()

    assert tuple(settings) == ("on", "")


def test_each_test_is_given_a_migrated_database_of_its_own(sql: Engine) -> None:
    tables = inspect(sql).get_table_names()

    assert "calls" in tables
    assert "contacts" in tables


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = start_valkey(tmp_path / "valkey")
    with redis.Redis.from_url(first.url) as client:
        client.set("kept", "yes")
    first.stop()

    second = start_valkey(tmp_path / "valkey")

    with redis.Redis.from_url(second.url) as client:
        assert client.get("kept") == b"yes"
    second.stop()


def test_valkey_takes_up_its_data_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / 'a b, [c] *d? "e" it\'s \\f %20 #g'
    first = start_valkey(folder)
    with redis.Redis.from_url(first.url) as client:
        client.set("kept", "yes")
    first.stop()

    second = start_valkey(folder)

    with redis.Redis.from_url(second.url) as client:
        assert client.get("kept") == b"yes"
    second.stop()


@pytest.mark.parametrize("name", ["long" * 30, 'a b, [c] *d? "e" it\'s \\f %20 #g'])
def test_a_path_that_is_no_address_of_a_socket_is_no_obstacle(tmp_path: Path, name: str) -> None:
    server = start_postgres(tmp_path / name, durable=False)

    with psycopg.connect(server.url.replace("+psycopg", "")) as tx:
        row = tx.execute("SHOW unix_socket_directories").fetchone()
    server.stop()

    assert row is not None
    assert not Path(row[0]).exists()


def test_r24_servers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    pids = [int(word) for word in holder.stdout.readline().split()]
    assert len(pids) == 2

    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()

    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))
