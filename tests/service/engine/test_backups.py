"""A backup in the middle of a campaign, the loss of everything, and a restore: nobody twice, nothing lost."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from orchestrator.clock import rfc3339, utc_now
from orchestrator.errors import BadBackup
from orchestrator.ids import new_id
from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.ways_of_changing import WAYS
from orchestrator.operations.contacts.bulk_changes import Stores, begin_change, carry_on_interrupted, find_change
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.change_many import ManyContacts, change_contacts, count_many
from orchestrator.operations.contacts.contact_filter import ContactFilter
from orchestrator.operations.dialing.stop_dialing import find_stop, resume_dialing
from orchestrator.operations.system.back_up import back_up
from orchestrator.operations.system.restore_backup import check_backup, restore_backup
from orchestrator.settings import child_environment
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.schema_version import newest_revision
from orchestrator.store.sql.table_copies import list_columns, read_revision, read_rows
from tests.support.carrier_stub import CarrierStub
from tests.support.databases import drop_database
from tests.support.old_schema import database_at
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


@contextmanager
def restored(world: World, carrier: CarrierStub, file: Path, database_url: str) -> Iterator[World]:
    """Lose everything, restore the file, and resume all dialing."""
    world.redis.flushall()
    restore_backup(file, database_url=database_url, client=world.redis, folders={}, now=utc_now())
    with opened(database_url) as sql:
        again = World(sql, world.redis, carrier.url, database_url, world.redis_url)
        again.prepare_again()
        resume_dialing(sql)
        yield again


def dial_everybody(world: World, campaign_id: str) -> None:
    for claimed in world.claim(campaign_id):
        world.dialer.dial_call(claimed)


def test_after_a_restore_nothing_is_lost_and_dialing_is_stopped(
    world: World, carrier: CarrierStub, new_database: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    campaign_in_the_middle(world)
    file, before = tmp_path / "backup.zip", rows(world.database_url)
    back_up(file, database_url=world.database_url, folders=folders)
    world.redis.flushall()
    after = {name: tmp_path / "after" / name for name in folders}

    restore_backup(file, database_url=new_database, client=world.redis, folders=after, now=utc_now())

    kept = rows(new_database)
    changed = {table for table in before if before[table] != kept[table]}
    assert changed <= {"installation", "contacts", "tallies", "tally_changes"}
    assert (after["recordings"] / "2026-11" / "rec_1.mp3").read_bytes() == b"sound" * 100_000
    assert not list((tmp_path / "after").rglob("*.part*"))
    with opened(new_database) as sql:
        again = World(sql, world.redis, carrier.url, new_database, world.redis_url)
        again.prepare_again()
        assert again.dispatcher.dispatch_calls() == []
        stop = find_stop(sql)
        assert stop is not None and stop.by == "restore" and "backup" in str(stop.reason)


def test_who_was_called_since_the_backup_is_not_called_again_until_a_person_releases_them(
    world: World, carrier: CarrierStub, new_database: str, tmp_path: Path
) -> None:
    campaign_in_the_middle(world)
    [[campaign_id]] = world.query("SELECT id FROM campaigns WHERE kind = 'campaign'")
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    for called_since in world.claim(campaign_id, most=2):
        world.dialer.dial_call(called_since)
    since = numbers_dialed(carrier)[2:]

    with restored(world, carrier, file, new_database) as again:
        dial_everybody(again, campaign_id)
        complete_campaigns(again.sql)

        assert numbers_dialed(carrier)[2:] == since
        assert again.held_by_reason(campaign_id) == {"restored": 4}  # three waited, and one for a retry
        assert again.campaign_row(campaign_id)["status"] == "running"  # they are not over
        for contact in again.query("SELECT id, phone FROM contacts WHERE reason = 'restored'"):
            change = ContactChange(status="completed" if contact.phone in since else "waiting")
            again.run(change_contact, contact.id, change)
        dial_everybody(again, campaign_id)

    dialed = numbers_dialed(carrier)
    assert len(dialed) == len(set(dialed)) == 5


def test_a_campaign_stays_open_for_those_whom_a_restore_holds_and_ends_without_them(world: World) -> None:
    campaign_id = world.campaign()
    held = world.contact(campaign_id, status="held", reason="restored", due_at=None)

    assert complete_campaigns(world.sql) == []
    world.run(change_contact, held, ContactChange(status="completed"))

    assert complete_campaigns(world.sql) == [campaign_id]


def test_a_restored_campaign_is_released_as_a_whole_and_a_callback_keeps_its_time(
    world: World, carrier: CarrierStub, new_database: str, tmp_path: Path
) -> None:
    campaign_id = world.campaign()
    later = rfc3339(utc_now() + timedelta(hours=3))
    world.contacts(campaign_id, 2)
    world.contact(campaign_id, status="held", reason="callback", callback={"at": later}, due_at=later)
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    release = ManyContacts(filter=ContactFilter(campaign_id=campaign_id), action="release_restored")

    with restored(world, carrier, file, new_database) as again:
        stores = Stores(again.sql, again.redis, again.keys)
        counted = again.run(count_many, release)
        done = again.run(change_contacts, release, change_id=new_id("chg"), stores=stores)
        dial_everybody(again, campaign_id)

    assert counted == (3, 3) and (done.status, done.changed) == ("completed", 3)
    assert len(set(numbers_dialed(carrier))) == len(numbers_dialed(carrier)) == 2


def test_a_call_that_was_claimed_at_the_backup_is_not_sent_after_a_restore(
    world: World, carrier: CarrierStub, new_database: str, tmp_path: Path
) -> None:
    claimed = world.claimed_call()
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    world.dialer.dial_call(claimed)

    with restored(world, carrier, file, new_database) as again:
        again.dialer.dial_call(claimed)
        dial_everybody(again, again.call_row(claimed)["campaign_id"])

        assert len(carrier.dials) == 1
        assert again.call_row(claimed)["state"] == "withdrawn"
        assert again.contact_of(claimed)["reason"] == "restored"


def test_a_retry_of_a_call_from_before_the_backup_waits_for_a_person_and_one_after_it_does_not(
    world: World, carrier: CarrierStub, new_database: str, tmp_path: Path
) -> None:
    call_id = world.dialed_call()
    world.advance()
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})

    with restored(world, carrier, file, new_database) as again:
        campaign_id = again.call_row(call_id)["campaign_id"]
        again.contact(campaign_id)
        [younger] = again.claim(campaign_id)
        again.dialer.dial_call(younger)
        again.advance()
        again.hang_up(call_id, cause="user_busy")
        again.hang_up(younger, cause="user_busy")

        old, young = again.contact_of(call_id), again.contact_of(younger)
        assert (old["status"], old["reason"], old["due_at"]) == ("held", "restored", None)
        assert (old["attempts"], old["disposition"]) == (1, "busy")
        assert (young["status"], young["reason"]) == ("waiting", "retry_due")


def test_a_redial_that_was_under_way_at_the_backup_does_not_go_on_and_an_end_does(
    world: World, carrier: CarrierStub, new_database: str, tmp_path: Path
) -> None:
    campaign_id = world.campaign()
    ended = world.contact(campaign_id, status="exhausted", due_at=None)
    waits = world.contact(campaign_id)
    changes = {"redial": {"more": 1, "not_before": None}, "cancel": {}}
    with world.sql.begin() as tx:
        for kind, wanted in changes.items():
            begin_change(
                tx,
                f"chg_{kind}",
                next(way for way in WAYS if way.kind == kind),
                filters={"campaign_id": campaign_id},
                wanted=wanted,
                campaign_id=campaign_id,
            )
    world.execute("UPDATE bulk_changes SET touched_at = 'epoch'")
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})

    with restored(world, carrier, file, new_database) as again:
        carry_on_interrupted(Stores(again.sql, again.redis, again.keys), ways=WAYS)

        assert again.contact_row(ended)["status"] == "exhausted"
        assert again.contact_row(waits)["status"] == "canceled"
        redial = find_change("chg_redial", sql=again.sql)
        assert (redial.status, redial.error["code"]) == ("stopped", "restored")


TALLIES = ("tallies", "tally_changes")
# What an installation of the first version that knew backups may have held.
_OF_AN_OLDER_VERSION = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id, status) VALUES ('cmp', 'n', 'conn', 'running')",
    "INSERT INTO contacts (id, campaign_id, phone) VALUES ('con_1', 'cmp', '+12125550123')",
    "INSERT INTO contacts (id, campaign_id, phone) VALUES ('con_2', 'cmp', '+12125550124')",
    "UPDATE contacts SET status = 'completed', attempts = 1, last_call_id = 'call' WHERE id = 'con_1'",
    (
        "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
        " command_id, ring_limit_s, talk_limit_s, disposition, last_sent_at, ended_at) VALUES ('call', 'cmp', 'con_1',"
        " 'conn', '+12125550123', '+12125550100', 1, 'ended', 'c', 30, 60, 'answered', now(), now())"
    ),
    "INSERT INTO suppressions (id, phone, scope, reason) VALUES ('sup', '+12125550125', 'global', 'asked')",
)


def test_a_backup_of_an_older_schema_is_brought_to_todays_with_all_that_it_holds(
    postgres_server: RunningServer, new_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    with database_at(postgres_server.url, "0020", name="schema_0020_backed_up") as url:
        with opened(url) as sql, sql.begin() as tx:
            for statement in _OF_AN_OLDER_VERSION:
                tx.execute(text(statement))
        back_up(file, database_url=url, folders={})

    restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    assert check_backup(file).revision == "0020"
    with opened(new_database) as sql, sql.connect() as tx:
        assert read_revision(tx) == newest_revision()
        people = tx.execute(text("SELECT id, status, reason FROM contacts ORDER BY id")).all()
        assert [tuple(each) for each in people] == [("con_1", "completed", None), ("con_2", "held", "restored")]
        assert tx.execute(text("SELECT disposition, number_key IS NOT NULL FROM calls")).one() == ("answered", True)
        assert tx.execute(text("SELECT phone FROM suppressions")).scalars().all() == ["+12125550125"]
        counted = [
            tx.execute(text(f"SELECT sum(n) FROM {table} WHERE subject = 'contacts'")).scalar() for table in TALLIES
        ]
        assert sum(each or 0 for each in counted) == 2


def test_a_backup_of_a_newer_schema_is_refused_with_what_to_do(world: World, new_database: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    world.execute("UPDATE alembic_version SET version_num = '9999'")
    back_up(file, database_url=world.database_url, folders={})
    world.execute("UPDATE alembic_version SET version_num = :known", known=newest_revision())

    with pytest.raises(BadBackup, match=r"newer: restore it with that"):
        restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    assert rows(new_database) == {}


def test_after_a_restore_the_triggers_count_again(world: World, new_database: str, tmp_path: Path) -> None:
    campaign_in_the_middle(world)
    file = tmp_path / "backup.zip"
    back_up(file, database_url=world.database_url, folders={})
    world.redis.flushall()
    restore_backup(file, database_url=new_database, client=None, folders={}, now=utc_now())

    sql = open_sql(new_database)
    with sql.begin() as tx:
        changed = tx.execute(text("UPDATE contacts SET status = 'canceled' WHERE reason = 'restored'")).rowcount

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
