"""A backup in the middle of a campaign, the loss of everything, and a restore: nobody twice, nothing lost."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from orchestrator.clock import utc_now
from orchestrator.errors import BadBackup
from orchestrator.local_stack.embedded_servers import start_postgres
from orchestrator.operations.dialing.stop_dialing import find_stop, resume_dialing
from orchestrator.operations.system.back_up import back_up
from orchestrator.operations.system.restore_backup import check_backup, restore_backup
from orchestrator.settings import child_environment
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.table_copies import list_columns, read_rows
from tests.support.carrier_stub import CarrierStub
from tests.support.databases import drop_database
from tests.support.world import World

_databases = count(1)


@pytest.fixture
def new_database(database_url: str) -> Iterator[str]:
    """Return the address of a database without a table."""
    name = f"restored_{next(_databases)}"
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as tx:
        tx.execute(f"CREATE DATABASE {name}")
    url = make_url(database_url).set(database=name).render_as_string(hide_password=False)
    yield url
    drop_database(url)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    folders = {name: tmp_path / "before" / name for name in ("recordings", "media")}
    (folders["recordings"] / "2026-11").mkdir(parents=True)
    (folders["recordings"] / "2026-11" / "rec_1.mp3").write_bytes(b"sound" * 100_000)
    (folders["recordings"] / "drafts").mkdir()
    (folders["recordings"] / "drafts" / "rec_2.part").write_bytes(b"half")
    return folders


@contextmanager
def opened(database_url: str) -> Iterator[Engine]:
    sql = open_sql(database_url)
    yield sql
    sql.dispose()


def rows(database_url: str) -> dict[str, list[bytes]]:
    """Return every row of every table, as PostgreSQL writes it."""
    with opened(database_url) as sql, sql.connect() as tx:
        return {
            table: sorted(b"".join(read_rows(tx, table, names)).splitlines())
            for table, names in list_columns(tx).items()
        }


def campaign_in_the_middle(world: World) -> tuple[str, str]:
    """Return a call that was recorded and one that rings; three more people wait."""
    campaign = world.campaign()
    world.contacts(campaign, 5)
    done, rings = world.claim(campaign, most=2)
    for call_id in (done, rings):
        world.dialer.dial_call(call_id)
    world.advance()
    world.hang_up(done)
    world.settle()
    return done, rings


def numbers_dialed(carrier: CarrierStub) -> list[str]:
    return [dial.body["to"] for dial in carrier.dials]


def test_after_a_restore_nobody_is_called_twice_and_nothing_is_lost(
    world: World, carrier: CarrierStub, new_database: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    campaign_in_the_middle(world)
    file, before = tmp_path / "backup.zip", rows(world.database_url)
    back_up(file, database_url=world.database_url, folders=folders)
    world.redis.flushall()
    restored = {name: tmp_path / "after" / name for name in folders}

    restore_backup(file, database_url=new_database, client=world.redis, folders=restored, now=utc_now())

    sql = open_sql(new_database)
    after = rows(new_database)
    assert {table for table in before if before[table] != after[table]} <= {"installation"}
    assert (restored["recordings"] / "2026-11" / "rec_1.mp3").read_bytes() == b"sound" * 100_000
    assert not list((tmp_path / "after").rglob("*.part*"))
    again = World(sql, world.redis, carrier.url, new_database, world.redis_url)
    again.prepare_again()

    assert again.dispatcher.dispatch_calls() == []
    stop = find_stop(sql)
    assert stop is not None and stop.by == "restore" and "backup" in str(stop.reason)

    resume_dialing(sql)
    for campaign in again.query("SELECT id FROM campaigns WHERE kind = 'campaign'"):
        for claimed in again.claim(campaign.id):
            again.dialer.dial_call(claimed)

    dialed = numbers_dialed(carrier)
    assert len(dialed) == len(set(dialed)) == 5
    sql.dispose()


def test_after_a_restore_the_triggers_count_again(world: World, new_database: str, tmp_path: Path) -> None:
    campaign_in_the_middle(world)
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    world.redis.flushall()
    restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    sql = open_sql(new_database)
    with sql.begin() as tx:
        changed = tx.execute(text("UPDATE contacts SET status = 'canceled' WHERE status = 'waiting'")).rowcount

        assert changed > 0
        assert tx.execute(text("SELECT count(*) FROM tally_changes")).scalar_one() > 0  # the triggers are at work
    sql.dispose()


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_is_not_whole_is_refused_and_changes_nothing(
    world: World, new_database: str, tmp_path: Path, kept: float
) -> None:
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(BadBackup):
        restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    assert rows(new_database) == {}


def test_a_file_whose_contents_were_changed_is_refused(world: World, tmp_path: Path) -> None:
    campaign_in_the_middle(world)
    file, changed = tmp_path / "backup.zip", tmp_path / "changed.zip"
    back_up(file, database_url=world.database_url, folders={})
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"" if name == "tables/flows" else old.read(name))
    short = tmp_path / "short.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(short, "w") as new:
        for name in old.namelist():
            if name != "tables/calls":
                new.writestr(name, old.read(name))

    for wrong in (changed, short):
        with pytest.raises(BadBackup):
            check_backup(wrong)
    assert check_backup(file).revision


def test_an_installation_that_is_in_use_is_left_as_it_is(world: World, new_database: str, tmp_path: Path) -> None:
    campaign_in_the_middle(world)
    file, before = tmp_path / "backup.zip", rows(world.database_url)
    back_up(file, database_url=world.database_url, folders={})

    with pytest.raises(BadBackup, match="Redis is not empty"):
        restore_backup(file, database_url=new_database, client=world.redis, folders={}, now=utc_now())
    with pytest.raises(BadBackup, match="database is not empty"):
        restore_backup(file, database_url=world.database_url, client=None, folders={}, now=utc_now())

    assert rows(world.database_url) == before and rows(new_database) == {}


def test_a_new_installation_that_was_migrated_already_can_be_restored_into(
    world: World, new_database: str, tmp_path: Path
) -> None:
    campaign_in_the_middle(world)
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    upgrade(new_database)

    restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    assert len(rows(new_database)["contacts"]) == 5


def test_a_backup_is_read_by_its_owner_alone_and_one_that_fails_leaves_no_file(
    world: World, new_database: str, tmp_path: Path
) -> None:
    file, failed = tmp_path / "backup.zip", tmp_path / "failed.zip"

    back_up(file, database_url=world.database_url, folders={})
    with pytest.raises(BadBackup):
        back_up(failed, database_url=new_database, folders={})

    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]


def orchestrator(*words: str, **variables: str) -> str:
    program = [sys.executable, "-c", "from orchestrator.cli.app import app; app()", *words]
    ran = subprocess.run(program, env=child_environment(variables), capture_output=True, text=True)
    return f"{ran.returncode}: {ran.stdout}{ran.stderr}"


def test_the_commands_write_check_and_restore_into_a_data_folder(world: World, tmp_path: Path) -> None:
    campaign_in_the_middle(world)
    file, data = tmp_path / "backup.zip", tmp_path / "data"
    stores = {"ORCHESTRATOR_DATABASE_URL": world.database_url, "ORCHESTRATOR_DATA_DIR": str(tmp_path / "none")}

    written = orchestrator("backup", str(file), **stores)
    checked = orchestrator("backup", "--verify", str(file), **stores)
    restored = orchestrator("restore", str(file), "--data", str(data), **stores)
    (data / "valkey").mkdir()
    again = orchestrator("restore", str(file), "--data", str(data), **stores)
    file.write_bytes(file.read_bytes()[:-100])
    cut = orchestrator("backup", "--verify", str(file), **stores)

    assert written.startswith("0: ") and "is written" in written and checked.startswith("0: ") and "is whole" in checked
    assert restored.startswith("0: ") and "All dialing is stopped" in restored
    assert again.startswith("1: ") and "used before" in again and cut.startswith("1: ") and "not the whole" in cut
    server = start_postgres(data / "postgres")
    assert len(rows(server.url)["contacts"]) == 5
    server.stop()
