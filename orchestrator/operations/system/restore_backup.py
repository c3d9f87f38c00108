"""Makes an installation from a backup: all of it or nothing, and afterwards nobody is dialed until a person says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import redis
from sqlalchemy import Connection

from orchestrator.clock import rfc3339
from orchestrator.errors import BadBackup
from orchestrator.ids import new_id
from orchestrator.model.attempt_state import AttemptState
from orchestrator.operations.dialing.release_attempts import ReleaseReason, release_attempts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.backup_file import BackupReader, Manifest
from orchestrator.store.sql.dialing_stop import Stop, clear_stop, write_stop
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.installation import write_epoch
from orchestrator.store.sql.migrate import upgrade_within
from orchestrator.store.sql.restored_contacts import hold_everybody
from orchestrator.store.sql.schema_version import newest_revision
from orchestrator.store.sql.table_copies import being_filled, holds_people, read_revision, write_rows
from orchestrator.store.sql.tables import calls
from orchestrator.store.timeouts import MIGRATING

# A call that was claimed and never sent would be sent now.
_RELEASE = ReleaseReason(Reason.RESTORED, counts=False)


def check_backup(file: Path) -> Manifest:
    """Read a whole backup and return what it holds; raises BadBackup if any part of it is not as it was written."""
    reader = BackupReader(file)
    try:
        reader.check()
        return reader.manifest
    finally:
        reader.close()


def restore_backup(
    file: Path, *, database_url: str, client: redis.Redis | None, folders: Mapping[str, Path], now: datetime
) -> Manifest:
    """Fill an empty installation with a backup, bring it to this version's schema, hold everybody, stop all dialing.

    Who was called since the backup is not known to it, so a person decides who is still to be called. Redis has to
    be empty (`client` is None where it is not there yet): the engine rebuilds it, as one that was lost (R20). Raises
    BadBackup, before anything is changed, for a file that is not whole and for an installation that is not empty.
    """
    manifest = check_backup(file)
    if manifest.revision > newest_revision():
        raise BadBackup(f"the backup was written by version {manifest.version}, which is newer: restore it with that")
    if client is not None and client.dbsize():
        raise BadBackup("Redis is not empty: what it knows is of another time; empty it first (FLUSHALL)")
    reader = BackupReader(file)
    engine = open_sql(database_url, pool_size=1, bounds=MIGRATING)
    try:
        with engine.begin() as tx:
            _fill(tx, reader)
            upgrade_within(tx)
            clear_stop(tx)
            write_stop(tx, Stop(now, "restore", _reason(manifest)))
            write_epoch(tx, new_id("req"))
            hold_everybody(tx)
            release_attempts(tx, calls.c.state == AttemptState.RESERVED, _RELEASE)
            # Within the transaction: a disk that is full leaves an empty database, to be restored into again.
            for name, folder in folders.items():
                for member in reader.members(name):
                    _write_file(folder, member.partition("/")[2], reader, member)
    finally:
        engine.dispose()
        reader.close()
    return manifest


def _fill(tx: Connection, reader: BackupReader) -> None:
    wanted, there = reader.manifest.revision, read_revision(tx)
    if there is None:
        upgrade_within(tx, wanted)
    elif holds_people(tx):
        raise BadBackup("the database is not empty: restore into a new one, and keep this as it is")
    elif there != wanted:
        raise BadBackup(f"the database has schema {there}, the backup {wanted}: restore into one without tables")
    with being_filled(tx) as tables:
        for table in tables:
            if (columns := reader.manifest.columns.get(table)) is not None:
                write_rows(tx, table, columns, reader.read(f"tables/{table}"))


def _reason(manifest: Manifest) -> str:
    return f"restored from a backup of {rfc3339(manifest.made_at)}: who was called since then is not known here"


def _write_file(folder: Path, name: str, reader: BackupReader, member: str) -> None:
    place = folder / name
    if not place.resolve().is_relative_to(folder.resolve()):
        raise BadBackup(f"the backup names a file outside of its folder: {name}")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f"{place.name}.partial")
    with draft.open("wb") as file:
        for piece in reader.read(member):
            file.write(piece)
    draft.replace(place)
